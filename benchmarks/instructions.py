"""Instructions of the hot paths, counted by valgrind: a comparison that noise does not touch."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from . import USAGE

PATHS = {  # the statement of each path
    "send to 0": "empty.send(sender)",
    "send to 1": "one.send(sender)",
    "send to 10": "ten.send(sender)",
    "send to 10, after trace and undo": "ten.send(sender)",
    "send beside 1 of another sender": "other.send(sender)",
    "send to 10, 2 keywords": "ten.send(sender, a=1, b=2)",
    "emit to 10": "ten.emit(sender)",
    "connect and disconnect": "one.connect(extra, sender); one.disconnect(extra, sender)",
}
EQUAL = "send to 10", "send to 10, after trace and undo"
CORES = ("compiled", "pure")
TIMES = 1000
LIMIT = 0.03  # how much a path may grow

SCRIPT = """
import sys
from aldis import trace
from aldis._cores import signals_on

core, path, times, *statements = sys.argv[1:]
sender, extra = type("Sender", (), {})(), lambda sender, **kw: None
kept = [eval("lambda sender, **kw: None") for _ in range(10)]
empty, one, ten, other = (signals_on(core).Signal() for _ in range(4))
other.connect(kept[0], extra)
for signal, many in ((one, 1), (ten, 10)):
    for receiver in kept[:many]:
        signal.connect(receiver)
if "trace" in path:
    traced = []
    undo = trace(lambda *call: traced.append(call))
    ten.send(sender)
    undo()
    assert len(traced) == 10
    del traced, undo
for number in (200, int(times)):  # first, every path gets warm
    for statement in statements:
        exec(f"def run():\\n for _ in range({number}): {statement}")
        run()
    del statements[:-1]  # the path to count comes last
"""


class Unable(Exception):
    """Nothing can be counted; the message says why."""


def installed(commit: str, folder: Path) -> Path:
    """Build a commit, or the current folder, into a folder, with the compiled core required."""
    source = Path()
    if commit:
        archive = subprocess.run(["git", "archive", "--format=tar", commit], capture_output=True, check=False)
        if archive.returncode:
            raise Unable(f"{commit} is no commit: {archive.stderr.decode().strip()}")
        source = folder.with_name("source")
        source.mkdir()
        subprocess.run(["tar", "-x", "-C", str(source)], input=archive.stdout, check=True)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile", "--target", str(folder)]
    environment = {**os.environ, "ALDIS_EXTENSION": "1"}
    made = subprocess.run([*command, source.resolve()], env=environment, capture_output=True, text=True, check=False)
    if made.returncode:
        raise Unable(f"{commit or 'The current folder'} cannot be built:\n{made.stderr[-3000:]}")
    return folder


def instructions(package: Path, core: str, path: str, times: int) -> int:
    """Return the instructions that a process takes which carries a path out this many times."""
    # neither a hash seed nor the environment may change the count
    environment = {"PYTHONPATH": str(package), "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", sys.executable, "-S", "-c", SCRIPT]
    command += [core, path, str(times), *PATHS.values(), PATHS[path]]
    environment["PATH"] = os.environ["PATH"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    found = re.search(r"Collected\s*:\s*(\d+)", done.stderr)
    if done.returncode or not found:
        raise Unable(f"{core}, {path}: status {done.returncode}\n{done.stderr[-3000:]}")
    return int(found.group(1))


def count(commit: str) -> dict[tuple[str, str], float]:
    """Return the instructions of an operation, by core and path, of a commit or of the current folder."""
    counts = {}
    with tempfile.TemporaryDirectory(prefix="aldis-") as folder:  # of the same length each time: that would count too
        package = installed(commit, Path(folder, "package"))
        for core in CORES:
            for path in PATHS:
                least, most = (instructions(package, core, path, times) for times in (TIMES, 2 * TIMES))
                counts[core, path] = (most - least) / TIMES
                print(".", end="", flush=True)
    print()
    return counts


def main(arguments: list[str]) -> int:
    """Count instructions of hot paths in the current folder.

    The status is 1 if a path takes more than in the base, or a send takes more after a trace hook was undone.
    """
    parser = argparse.ArgumentParser("python -m benchmarks instructions", description=main.__doc__)
    parser.add_argument("--base", default="", metavar="COMMIT", help="what to compare with")
    options = parser.parse_args(arguments)
    if not shutil.which("valgrind"):
        print("valgrind is not installed: it counts the instructions.", file=sys.stderr)
        return USAGE
    try:
        base, head = count(options.base) if options.base else {}, count("")
    except (Unable, OSError) as error:
        print(error, file=sys.stderr)
        return USAGE
    worse = [f"{core}: {EQUAL[1]}" for core in CORES if head[core, EQUAL[1]] > head[core, EQUAL[0]] * (1 + LIMIT)]
    for (core, path), counted in head.items():
        before = base.get((core, path))
        change = f" {counted / before - 1:+8.1%} of {before:9,.0f}" if before else ""
        print(f"{core + ': ' + path:44}{counted:10,.0f}{change}")
        if before and counted > before * (1 + LIMIT):
            worse.append(f"{core}: {path}")
    if worse:
        print(f"More than {LIMIT:.0%} too many: {', '.join(worse)}.")
    return 1 if worse else 0

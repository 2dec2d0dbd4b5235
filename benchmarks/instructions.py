"""Instructions of the hot paths, counted by valgrind: a comparison that noise does not touch."""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PATHS = {  # the statement of each path
    "send to 0": "empty.send(sender)",
    "send to 1": "one.send(sender)",
    "send to 10": "ten.send(sender)",
    "send to 10, 2 keywords": "ten.send(sender, a=1, b=2)",
    "connect and disconnect": "one.connect(extra, sender); one.disconnect(extra, sender)",
}
CORES = ("compiled", "pure")
TIMES = 1000
LIMIT = 0.03


class Unable(Exception):
    """Nothing can be counted; the message says why."""


COUNTED = """
import sys
try:
    from aldis._cores import signals_on
except ModuleNotFoundError:
    from aldis._core import signals_on

core, path, times, *paths = sys.argv[1:]
sender, extra = type("Sender", (), {})(), lambda sender, **kw: None
kept = [eval("lambda sender, **kw: None") for _ in range(10)]
empty, one, ten = (signals_on(core).Signal() for _ in range(3))
for signal, many in ((one, 1), (ten, 10)):
    for receiver in kept[:many]:
        signal.connect(receiver)
for statement in paths:
    for number in (200, int(times) if statement == path else 0):  # first, every path gets warm
        exec(f"def run():\\n for _ in range({number}): {statement}")
        run()
"""


def installed(commit: str, folder: Path) -> Path:
    """Build a commit, or the current folder, into a folder, with the compiled core required."""
    source = Path()
    if commit:
        archive = subprocess.run(["git", "archive", "--format=tar", commit], capture_output=True, check=False)
        if archive.returncode:
            raise Unable(f"{commit} is neither a file nor a commit: {archive.stderr.decode().strip()}")
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
    """Return the instructions that the process takes."""
    # neither a hash seed nor the environment may change the count
    environment = {
        "PYTHONPATH": str(package),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PATH": os.environ["PATH"],
    }
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", sys.executable, "-S", "-c", COUNTED]
    done = subprocess.run(
        [*command, core, path, str(times), *PATHS.values()],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.search(r"Collected\s*:\s*(\d+)", done.stderr)
    if done.returncode or not found:
        raise Unable(f"{core}, {path}: status {done.returncode}\n{done.stderr[-3000:]}")
    return int(found.group(1))


def count(what: str) -> dict[str, float]:
    """Return the instructions of an operation on each path: of a file, of a commit, or of the current folder."""
    if what.endswith(".json"):
        found = json.loads(Path(what).read_text())
        if found["python"] != python():
            raise Unable(f"{what} was counted on {found['python']}, this is {python()}: instructions differ.")
        return dict(found["instructions"])
    with tempfile.TemporaryDirectory(prefix="aldis-") as folder:  # of the same length each time: that would count too
        package, counts = installed(what, Path(folder, "package")), {}
        for core in CORES:
            start = instructions(package, core, "", 0)
            for path in PATHS:
                counts[f"{core}: {path}"] = (instructions(package, core, PATHS[path], TIMES) - start) / TIMES
                print(".", end="", flush=True)
        print()
        return counts


def python() -> str:
    return " ".join([platform.python_version(), platform.python_compiler(), platform.machine()])


def grown(base: dict[str, float], head: dict[str, float], limit: float) -> list[str]:
    """Return the paths that grew by more than the limit."""
    return [path for path in base if path in head and head[path] > base[path] * (1 + limit)]


def main(arguments: list[str]) -> int:
    """Count instructions of hot paths in the current folder; the status is 1 if one takes more than in the base."""
    from . import USAGE

    parser = argparse.ArgumentParser("python -m benchmarks instructions", description=main.__doc__)
    parser.add_argument("--base", default="", metavar="COMMIT|FILE.json", help="what to compare with")
    parser.add_argument("--save", type=Path, metavar="FILE.json", help="write the counts, as a base for later")
    parser.add_argument("--limit", type=float, default=LIMIT, help="how much a path may grow [%(default)s]")
    options = parser.parse_args(arguments)
    if not shutil.which("valgrind"):
        print("valgrind is not installed: it counts the instructions.", file=sys.stderr)
        return USAGE
    try:
        base = count(options.base) if options.base else {}
        head = count("")
    except (Unable, OSError, ValueError, KeyError) as error:
        print(error, file=sys.stderr)
        return USAGE
    for path in head:
        change = f"{head[path] / base[path] - 1:+8.1%} of {base[path]:9,.0f}" if path in base else ""
        print(f"{path:36}{head[path]:10,.0f} {change}")
    if options.save:
        options.save.write_text(json.dumps({"python": python(), "instructions": head}, indent=1) + "\n")
    if worse := grown(base, head, options.limit):
        print(f"Grew by more than {options.limit:.0%}: {', '.join(worse)}.")
    return 1 if worse else 0

"""A guard that noise cannot fool: instructions of the hot paths, counted by valgrind, before and after a change."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from . import USAGE

PATHS = ("send to 0", "send to 1", "send to 10", "send to 10, 2 keywords", "connect and disconnect")
CORES = ("compiled", "pure")
FEW, MANY = 200, 1200
LIMIT = 0.03
GREW = 1


class Unable(Exception):
    """The guard cannot do its work; the message says why."""


def source_of(what: str, folder: Path) -> Path:
    """Return a source tree: ``what`` is one, or names a commit, which is laid out in ``folder``."""
    if Path(what).is_dir():
        return Path(what)
    made = subprocess.run(["git", "archive", "--format=tar", what], capture_output=True, check=False)
    if made.returncode:
        raise Unable(f"{what} is neither a folder nor a commit: {made.stderr.decode().strip()}")
    folder.mkdir()
    subprocess.run(["tar", "-x", "-C", str(folder)], input=made.stdout, check=True)
    return folder


def installed(source: Path, folder: Path) -> Path:
    """Build and install a source tree into a folder, with the compiled core required."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile"]
    made = subprocess.run(
        [*pip, "--target", str(folder), str(source)],
        env={**os.environ, "ALDIS_EXTENSION": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        raise Unable(f"{source} cannot be built:\n{made.stderr[-3000:]}")
    return folder


def instructions(package: Path, core: str, path: str, times: int) -> int:
    """Return how many instructions the script takes."""
    # what a hash seed or an environment changes is none of the code's doing
    environment = {
        "PYTHONPATH": str(package),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PATH": os.environ["PATH"],
    }
    script = [sys.executable, "-s", str(Path(__file__).with_name("guarded.py")), core, path, str(times)]
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *script]
    made = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    counted = re.search(r"Collected\s*:\s*(\d+)", made.stderr)
    if made.returncode or not counted:
        raise Unable(f"{core}, {path}: status {made.returncode}\n{made.stderr}")
    return int(counted.group(1))


def count(package: Path, core: str) -> dict[str, float]:
    """Return instructions per operation on each path, without those that come once."""
    counted = {path: [instructions(package, core, path, times) for times in (FEW, MANY)] for path in PATHS}
    return {path: (many - few) / (MANY - FEW) for path, (few, many) in counted.items()}


def count_both(packages: list[Path], core: str) -> list[dict[str, float]]:
    """Count each package in one and the same place: even its name would make a difference."""
    counted = []
    for package in packages:
        place = package.rename(package.with_name("package"))
        counted.append(count(place, core))
        place.rename(package)
    return counted


def compare(base: dict[str, float], head: dict[str, float], limit: float) -> list[str]:
    """Return the paths that grew by more than the limit."""
    return [path for path in base if head[path] > base[path] * (1 + limit)]


def main(arguments: list[str]) -> int:
    """Count instructions of the hot paths of two source trees or commits; the status is 1 when a path grew."""
    parser = argparse.ArgumentParser("python -m benchmarks guard", description=main.__doc__)
    parser.add_argument("base", metavar="BASE", help="a folder or a commit")
    parser.add_argument("head", metavar="HEAD", help="a folder or a commit")
    parser.add_argument("--limit", type=float, default=LIMIT, help="by how much a path may grow [%(default)s]")
    options = parser.parse_args(arguments)
    console = Console()
    if not shutil.which("valgrind"):
        console.print("valgrind is not installed: it is what counts the instructions.")
        return USAGE
    grown = []
    table = Table(title="Instructions per operation", box=SIMPLE_HEAD, pad_edge=False)
    for column in ("", "base", "head", "change"):
        table.add_column(column, justify="right" if column else "left")
    try:
        with tempfile.TemporaryDirectory() as folder:
            packages = [
                installed(source_of(what, Path(folder, f"{side}-source")), Path(folder, side))
                for side, what in (("base", options.base), ("head", options.head))
            ]
            for core in CORES:
                with console.status(f"counting instructions of the {core} core"):
                    base, head = count_both(packages, core)
                worse = compare(base, head, options.limit)
                grown += [f"{core}: {path}" for path in worse]
                for path in PATHS:
                    colour = "red" if path in worse else "default"
                    change = head[path] / base[path] - 1
                    table.add_row(
                        f"{core}: {path}", f"{base[path]:,.0f}", f"{head[path]:,.0f}", f"[{colour}]{change:+.1%}[/]"
                    )
    except Unable as error:
        console.print(str(error), markup=False)
        return USAGE
    console.print(table)
    if grown:
        console.print(f"Grew by more than {options.limit:.0%}: {', '.join(grown)}.")
    return GREW if grown else 0

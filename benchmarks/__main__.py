"""Measure aldis against blinker on this machine, and report.

python -m benchmarks [--quick | --thorough] [--peers] [-k EXPRESSION] [--output DIR] [--save DIR]
python -m benchmarks report RESULTS.json [--output DIR]
python -m benchmarks relay [RESULTS.json]
python -m benchmarks instructions [--base COMMIT]
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import shlex
import sys
from pathlib import Path

from . import INSTALL, USAGE

NEEDS = ("aldis", "blinker", "flask", "jinja2", "matplotlib", "pytest", "pytest_benchmark", "quart", "rich")


def main(arguments: list[str]) -> int:
    """Carry out ``python -m benchmarks ARGUMENTS…`` and return its exit status."""
    commands = ("report", "relay", "instructions")
    command, rest = (arguments[0], arguments[1:]) if arguments[:1] and arguments[0] in commands else ("", arguments)
    missing = [name for name in NEEDS if importlib.util.find_spec(name) is None]
    if "matplotlib" in missing:
        missing.remove("matplotlib")
        print("Without charts: matplotlib is not installed. Another Python can draw them from results.json.")
    if missing and command != "instructions":
        print(f"Not installed here: {', '.join(missing)}. Install what the benchmarks need: {INSTALL}", file=sys.stderr)
        return USAGE
    if command in ("relay", "instructions"):
        found: int = importlib.import_module(f"benchmarks.{command}").main(rest)
        return found
    return report(rest) if command == "report" else run(rest)


def run(arguments: list[str]) -> int:
    """Measure, and report."""
    assert __doc__
    description, _, usage = __doc__.partition("\n")
    usage = usage.strip().replace("\n", "\n       ")
    parser = argparse.ArgumentParser("python -m benchmarks", usage=usage, description=description,
                                     epilog="Each command has a --help of its own.")  # fmt: skip
    add = parser.add_argument
    effort = parser.add_mutually_exclusive_group().add_argument
    effort("--quick", action="store_const", const="quick", dest="effort", help="fewer cases, in less than a minute")
    effort("--thorough", action="store_const", const="thorough", dest="effort", help="for many minutes")
    add("--peers", action="store_true", help="measure other signal libraries as well")
    add("--output", type=Path, metavar="DIR", default=Path("benchmarks", "results"), help="[%(default)s]")
    add("--save", type=Path, metavar="DIR", help="keep the results as DIR/<python>.json too, to commit them")
    add("-k", metavar="EXPRESSION", default="", help="measure only what matches, as for pytest")
    options = parser.parse_args(arguments)

    from .run import measure

    command = shlex.join(["python", "-m", "benchmarks", *arguments])
    return measure(options.output, options.effort or "default", options.peers, options.k, options.save, command)


def report(arguments: list[str]) -> int:
    """Write the report of a run again."""
    parser = argparse.ArgumentParser("python -m benchmarks report", description=report.__doc__)
    parser.add_argument("results", type=Path, metavar="RESULTS.json")
    parser.add_argument("--output", type=Path, metavar="DIR", help="[where the results are]")
    options = parser.parse_args(arguments)

    from .report import write
    from .results import read

    try:
        print(write(read(options.results), options.output or options.results.parent))
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return USAGE
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

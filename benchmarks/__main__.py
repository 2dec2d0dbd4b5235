"""Measure aldis against blinker on this machine, and report.

python -m benchmarks [--quick] [--peers] [--output DIR] [-k EXPRESSION]
python -m benchmarks report RESULTS.json
python -m benchmarks compare OLD.json NEW.json
python -m benchmarks guard BASE HEAD
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shlex
import sys
from pathlib import Path

from . import INSTALL, USAGE

NEEDS = {  # modules, by command
    "run": ("aldis", "blinker", "flask", "jinja2", "matplotlib", "pytest", "pytest_benchmark", "quart", "rich"),
    "report": ("jinja2", "matplotlib"),
    "compare": ("rich",),
    "guard": ("rich",),
}


def main(arguments: list[str]) -> int:
    """Carry out ``python -m benchmarks ARGUMENTS…`` and return its exit status."""
    command, rest = (arguments[0], arguments[1:]) if arguments[:1] and arguments[0] in NEEDS else ("run", arguments)
    missing = [name for name in NEEDS[command] if importlib.util.find_spec(name) is None]
    if sys.implementation.name == "pypy" and "matplotlib" in missing:
        missing.remove("matplotlib")
        print("Without charts: matplotlib is not installed. Another Python can draw them from results.json.")
    if missing:
        print(f"Not installed here: {', '.join(missing)}. Install what the benchmarks need: {INSTALL}", file=sys.stderr)
        return USAGE
    if command == "report":
        return report(rest)
    if command == "compare":
        from .compare import main as compare

        return compare(rest)
    if command == "guard":
        from .guard import main as guard

        return guard(rest)
    return run(rest)


def run(arguments: list[str]) -> int:
    """Measure, and report."""
    assert __doc__
    description, _, usage = __doc__.partition("\n")
    parser = argparse.ArgumentParser(
        "python -m benchmarks",
        usage=usage.strip().replace("\n", "\n       "),
        description=description,
        epilog="Each command has a --help of its own.",
    )
    parser.add_argument("--quick", action="store_true", help="take at most a minute")
    parser.add_argument("--peers", action="store_true", help="measure other signal libraries as well")
    parser.add_argument(
        "--output", type=Path, metavar="DIR", default=Path("benchmarks", "results"), help="[%(default)s]"
    )
    parser.add_argument("-k", metavar="EXPRESSION", default="", help="measure only what matches, as for pytest")
    options = parser.parse_args(arguments)

    from .contestants import Missing
    from .run import measure

    os.environ["ALDIS_BENCHMARKS_COMMAND"] = shlex.join(["python", "-m", "benchmarks", *arguments])
    try:
        status = measure(options.output, options.quick, options.peers, options.k)
    except Missing as error:
        print(error, file=sys.stderr)
        return USAGE
    return status


def report(arguments: list[str]) -> int:
    """Draw the report of a run again."""
    parser = argparse.ArgumentParser("python -m benchmarks report", description=report.__doc__)
    parser.add_argument("results", type=Path, metavar="RESULTS.json")
    parser.add_argument("--output", type=Path, metavar="DIR", help="[where the results are]")
    options = parser.parse_args(arguments)

    from .report import write
    from .results import read

    try:
        results = read(options.results)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return USAGE
    for path in write(results, options.output or options.results.parent):
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

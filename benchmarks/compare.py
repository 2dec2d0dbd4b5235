"""What became slower or faster between two runs, beyond their spread."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import geometric_mean

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from . import USAGE
from .libraries import BLINKER, CORES, LOOP
from .results import Results, Row, digits, read

STEADY = (BLINKER, LOOP)  # did not change between the runs: how they differ is the machine's doing
TOLERANCE = 0.1


@dataclass
class Change:
    """A core of aldis in a case, before and after.

    :param ratio: the time after, as a multiple of the time before, less what the machine did.
    :param beyond: the ratio has to be larger, or smaller than one over it, to be more than noise.
    """

    before: Row
    after: Row
    name: str
    ratio: float
    beyond: float


def changes(old: Results, new: Results, tolerance: float = TOLERANCE) -> list[Change]:
    """Compare the figures of aldis that both runs have."""
    known = {(row.section, row.title): row for row in old.rows}
    pairs = [(before, row) for row in new.rows if (before := known.get((row.section, row.title)))]
    found = []
    for before, after in [pair for pair in pairs if "forgotten" not in pair[0].info]:
        ratios = {
            name: figure.over(before.figures[name])
            for name, figure in after.figures.items()
            if name in before.figures and figure.measurable and before.figures[name].measurable
        }
        steady = [ratios[name] for name in STEADY if name in ratios and not after.is_bytes]
        drift = geometric_mean([ratio.value for ratio in steady] or [1.0])
        for name in (name for name in CORES if name in ratios):
            spread = max(ratio.relative for ratio in (ratios[name], *steady))
            found.append(Change(before, after, name, ratios[name].value / drift, 1 + max(tolerance, spread)))
    return found


def main(arguments: list[str]) -> int:
    """Compare two runs; the status is 1 when something became slower beyond noise."""
    parser = argparse.ArgumentParser("python -m benchmarks compare", description=main.__doc__)
    parser.add_argument("old", type=Path, metavar="OLD.json")
    parser.add_argument("new", type=Path, metavar="NEW.json")
    parser.add_argument("--tolerance", type=float, default=TOLERANCE, help="what to let pass at least [%(default)s]")
    options = parser.parse_args(arguments)
    try:
        old, new = read(options.old), read(options.new)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return USAGE
    console = Console()
    if old.python != new.python:
        console.print(f"Not the same Python: {old.python} and {new.python}; changes may be due to that.")
    found = changes(old, new, options.tolerance)
    if not found:
        console.print("The two runs have nothing in common.")
        return USAGE
    slower = [it for it in found if it.ratio > it.beyond]
    faster = [it for it in found if it.ratio < 1 / it.beyond]
    table = Table("", "before", "after", "change", "noise", box=SIMPLE_HEAD, pad_edge=False)
    for it in sorted(slower + faster, key=lambda it: -it.ratio):
        said = f"[{'red' if it.ratio > 1 else 'green'}]{digits(it.ratio)}×[/]"
        name = f"{it.after.section}: {it.after.title}, {it.name}"
        table.add_row(name, it.before.shown(it.name), it.after.shown(it.name), said, f"±{it.beyond - 1:.0%}")
    if slower or faster:
        console.print(table)
    console.print(
        f"{len(found)} figures of aldis: {len(slower)} slower, {len(faster)} faster, the others within noise."
    )
    return 1 if slower else 0

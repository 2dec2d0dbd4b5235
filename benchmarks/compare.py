"""What became slower or faster between two runs, beyond noise."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from . import USAGE
from .contestants import BLINKER, COMPILED, LOOP, PURE
from .results import Results, Row, digits, geometric_mean, noise, read

STEADY = (BLINKER, LOOP)  # did not change between the runs: how they differ is the machine's doing
TOLERANCE = 0.1
SLOWER = 1


@dataclass
class Change:
    """A contestant in a cell, before and after.

    :param ratio: the time after, as a multiple of the time before, less what the machine did.
    :param beyond: by which ratio it has to differ from 1 to be more than noise.
    """

    row: Row
    name: str
    ratio: float
    beyond: float

    @property
    def slower(self) -> bool:
        return self.ratio > self.beyond

    @property
    def faster(self) -> bool:
        return self.ratio < 1 / self.beyond


def changes(old: Results, new: Results, tolerance: float = TOLERANCE) -> list[Change]:
    """Compare what both runs measured of aldis.

    blinker and the loop take their turns in the same cells, so their drift is the machine's and is taken out. Noise is
    what the bursts of a benchmark say: a quarter of them lies above its third quartile.
    """
    before = {(row.section, row.title): row for row in old.rows}
    found = []
    for row in new.rows:
        was = before.get((row.section, row.title))
        if was is None or row.info.get("forgotten"):
            continue
        steady = [row.values[name] / was.values[name] for name in STEADY if name in row.values and name in was.values]
        drift = geometric_mean(steady) if steady and not row.is_bytes else 1.0
        for name in (COMPILED, PURE):
            if name in row.values and name in was.values:
                spread = 0.0
                if not row.is_bytes:
                    spread = max(
                        noise(run.benchmarks[who])
                        for run in (row, was)
                        for who in (name, *STEADY)
                        if who in run.benchmarks
                    )
                # a run whose bursts scatter widely can say little about small changes
                found.append(Change(row, name, row.values[name] / was.values[name] / drift, 1 + max(tolerance, spread)))
    return found


def confirmed(found: list[Change], again: list[Change]) -> list[Change]:
    """Return what two comparisons agree on: of each change the milder one, and none where they contradict."""
    others = {(change.row.section, change.row.title, change.name): change for change in again}
    agreed = []
    for one in found:
        other = others.get((one.row.section, one.row.title, one.name), one)
        lower, higher = sorted((one.ratio, other.ratio))
        milder = lower if lower > 1 else higher if higher < 1 else 1.0
        agreed.append(Change(one.row, one.name, milder, max(one.beyond, other.beyond)))
    return agreed


def main(arguments: list[str]) -> int:
    """Compare two runs; the status is 1 when something became slower beyond noise."""
    parser = argparse.ArgumentParser("python -m benchmarks compare", description=main.__doc__)
    parser.add_argument("old", type=Path, metavar="OLD.json")
    parser.add_argument("new", type=Path, metavar="NEW.json")
    parser.add_argument(
        "--again",
        nargs=2,
        type=Path,
        metavar=("OLD.json", "NEW.json"),
        help="two more runs: what they don't show too is noise, as chance makes one of some hundred figures slower",
    )
    parser.add_argument("--tolerance", type=float, default=TOLERANCE, help="what to let pass at least [%(default)s]")
    options = parser.parse_args(arguments)
    try:
        old, new, *again = map(read, (options.old, options.new, *(options.again or ())))
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return USAGE
    console = Console()
    for key in ("python_version", "node"):
        if old.machine[key] != new.machine[key]:
            console.print(f"Not the same {key}: {old.machine[key]} and {new.machine[key]}; changes may be due to that.")
    found = changes(old, new, options.tolerance)
    if again:
        found = confirmed(found, changes(again[0], again[1], options.tolerance))
    if not found:
        console.print("The two runs have nothing in common.")
        return USAGE
    slower, faster = [it for it in found if it.slower], [it for it in found if it.faster]
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in ("", "before", "after", "change", "noise"):
        table.add_column(column, justify="left" if not column else "right", no_wrap=bool(column))
    was = {(row.section, row.title): row for row in old.rows}
    for change in sorted(slower + faster, key=lambda change: -change.ratio):
        row, name = change.row, change.name
        table.add_row(
            f"{row.section}: {row.title}, {name}",
            was[row.section, row.title].shown(name),
            row.shown(name),
            f"[{'red' if change.slower else 'green'}]{digits(change.ratio)}×[/]",
            f"±{change.beyond - 1:.0%}",
        )
    if slower or faster:
        console.print(table)
    console.print(
        f"{len(found)} figures of aldis: {len(slower)} slower, {len(faster)} faster, the others within noise."
    )
    for name in (COMPILED, PURE):
        if mine := [change.ratio for change in found if change.name == name and not change.row.is_bytes]:
            console.print(
                f"{name}: {digits(geometric_mean(mine))} times the time of before, geometric mean of {len(mine)}."
            )
    return SLOWER if slower else 0

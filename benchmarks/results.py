"""The figures of a run: recorded, written, read and put into words."""

from __future__ import annotations

import json
import math
import os
import platform
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import distributions
from pathlib import Path
from statistics import median
from typing import Any

from .libraries import BLINKER, NOTHING, Library

NB = "\N{NO-BREAK SPACE}"


@dataclass
class Figure:
    """What was measured of a library in a case.

    :param value: the least seconds per operation, less those of an empty loop, or bytes.
    :param spread: how far the median of the repeats lies above that, in the same unit.
    :param measurable: False for a difference of two figures that is within their spread.
    """

    value: float
    spread: float = 0.0
    measurable: bool = True

    @property
    def relative(self) -> float:
        """The spread as a part of the value."""
        return self.spread / self.value if self.value > 0 else math.inf

    def less(self, base: Figure) -> Figure:
        value, spread = self.value - base.value, self.spread + base.spread
        return Figure(value, spread, value > (spread if base.value > value else 0.0))

    def over(self, other: Figure) -> Figure:
        ratio = self.value / other.value
        return Figure(ratio, ratio * (self.relative + other.relative))


def over(figure: Figure | None, other: Figure | None) -> Figure | None:
    """Return the ratio of two figures, or None where one is missing or not measurable."""
    return figure.over(other) if figure and other and figure.measurable and other.measurable else None


@dataclass
class Row:
    """A case, measured: a figure for each library."""

    section: str
    title: str
    everyday: str
    info: dict[str, Any]
    figures: dict[str, Figure] = field(default_factory=dict)

    @property
    def is_bytes(self) -> bool:
        return self.section == "memory"

    def shown(self, name: str) -> str:
        """Return a figure with its unit, and no more digits than its spread allows."""
        if name not in self.figures:
            return ""
        return bytes_(self.figures[name].value) if self.is_bytes else time(self.figures[name])

    def ratio(self, name: str, to: str = BLINKER) -> Figure | None:
        """Return how many times as fast or as small as ``to`` a library is; None where that cannot be told."""
        return None if self.info.get("forgotten") else over(self.figures.get(to), self.figures.get(name))


@dataclass
class Results:
    """A run of the suite."""

    run: dict[str, Any]
    rows: list[Row]

    @property
    def libraries(self) -> list[str]:
        names = {name for row in self.rows for name in row.figures}
        return [its["name"] for its in self.run["libraries"] if its["name"] in names]

    @property
    def peers(self) -> list[str]:
        return [its["name"] for its in self.run["libraries"] if its["peer"] and its["name"] in self.libraries]

    def section(self, section: str, **info: Any) -> list[Row]:
        """Return the rows of a section that have this information."""
        found = [row for row in self.rows if row.section == section]
        return [row for row in found if all(row.info.get(key) == value for key, value in info.items())]

    @property
    def spread(self) -> float:
        """The median of the relative spreads."""
        return median([its.relative for row in self.rows if not row.is_bytes for its in row.figures.values()] or [0.0])

    @property
    def python(self) -> str:
        """Return "3.13", "3.13t" or "pypy3.11"."""
        prefix = "" if self.run["implementation"] == "CPython" else self.run["implementation"].lower()
        return prefix + ".".join(self.run["python"].split(".")[:2]) + ("" if self.run["gil"] else "t")

    def write(self, path: Path) -> None:
        new = path.with_suffix(".new")  # a run that is killed while it writes leaves the old file
        short = json.loads(json.dumps(asdict(self)), parse_float=lambda number: float(f"{float(number):.4g}"))
        new.write_text(json.dumps(short, indent=1) + "\n", encoding="utf-8")
        new.replace(path)


def read(path: Path) -> Results:
    """Read a file that a run has written.

    :raises ValueError: if it is not one.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        for row in found["rows"]:
            row["figures"] = {name: Figure(**figure) for name, figure in row["figures"].items()}
        return Results(found["run"], [Row(**row) for row in found["rows"]])
    except (KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} does not hold results of this suite: {error!r}") from error


@dataclass
class Recorder:
    """Collects what the tests measure."""

    about: dict[str, Any]
    repeats: int
    samples: dict[Any, dict[str, list[tuple[float, float]]]] = field(default_factory=dict)  # by case and library

    def add(self, case: Any, library: Library, least: float, usual: float | None = None) -> None:
        """Add the least and the median of a test's rounds."""
        sample = least, least if usual is None else usual
        self.samples.setdefault(case, {}).setdefault(library.name, []).append(sample)

    def results(self) -> Results:
        rows, control, repeats = [], Figure(0.0), self.repeats
        for case, samples in self.samples.items():
            figures = {name: summed_up(its) for name, its in samples.items()}
            if case.section == "control":
                control = figures[NOTHING]
                continue
            if case.section != "memory":
                repeats = min(repeats, *map(len, samples.values()))
                figures = {name: figure.less(control) for name, figure in figures.items()}
            if "less" in case.info:
                base = figures.pop(case.info["less"], None)  # a run that was interrupted may lack it
                figures = {name: figure.less(base) for name, figure in figures.items()} if base else {}
            rows.append(Row(case.section, case.title, case.everyday, case.info, figures))
        return Results({**self.about, "repeats": [repeats, self.repeats], "control": asdict(control)}, rows)


def about_this_run(libraries: list[Library], left_out: dict[str, str], effort: str) -> dict[str, Any]:
    packages = ["aldis", "blinker", "Flask", "Quart", "pytest-benchmark", *(its.package for its in libraries)]
    return {
        "date": now(),
        "command": "",
        "effort": effort,
        "interrupted": "",
        "implementation": platform.python_implementation(),
        "python": platform.python_version(),
        "gil": getattr(sys, "_is_gil_enabled", lambda: True)(),
        "machine": f"{processor()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}",
        "commit": commit(),
        "packages": dict(sorted((its.name, its.version) for its in distributions() if its.name in packages)),
        "libraries": [{"name": its.name, "differs": its.differs, "peer": bool(its.package)} for its in libraries],
        "left_out": left_out,
    }


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def summed_up(samples: list[tuple[float, float]]) -> Figure:
    """Return the least of all; the spread is that of the repeats, or of the rounds where there are few repeats."""
    least = min(least for least, _ in samples)
    usual = median(least for least, _ in samples) if len(samples) >= 3 else min(usual for _, usual in samples)
    return Figure(least, max(0.0, usual - least))


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def commit() -> str:
    """Return the commit that is checked out, if there is one."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    try:
        return subprocess.run(
            command, cwd=Path(__file__).parent, capture_output=True, text=True, check=False
        ).stdout.strip()
    except OSError:
        return ""


def time(seconds: Figure) -> str:
    """Return a time with its unit."""
    if not seconds.measurable:
        return "not measurable"
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds.value >= size:
            return f"{digits(seconds.value / size, seconds.relative)}{NB}{unit}"
    return f"{digits(seconds.value / 1e-9, seconds.relative)}{NB}ns"


def bytes_(value: float) -> str:
    """Return a number of bytes with its unit."""
    for unit, size in (("MB", 1e6), ("kB", 1e3)):
        if abs(value) >= size:
            return f"{digits(value / size)}{NB}{unit}"
    return f"{value:.0f}{NB}B"


def digits(value: float, relative: float = 0.0) -> str:
    """Return a number in three digits, or in two if it is less certain than 2 %."""
    kept = 3 if relative < 0.02 else 2
    value = float(f"{value:.{kept}g}")
    places = kept - 1 - math.floor(math.log10(abs(value))) if value else 0
    return f"{value:,.{max(0, places)}f}"


def times(ratio: Figure | None) -> str:
    """Return a ratio as "12×"."""
    return "" if ratio is None else f"{digits(ratio.value, ratio.relative)}×"

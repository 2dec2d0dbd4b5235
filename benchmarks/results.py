"""``results.json`` as the report sees it: for each cell, a figure for each contestant."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .contestants import BLINKER


@dataclass
class Row:
    """A cell, measured."""

    section: str
    title: str
    unit: str
    info: dict[str, Any]
    benchmarks: dict[str, dict[str, Any]] = field(default_factory=dict)  # by contestant

    @property
    def times(self) -> dict[str, float]:
        """Seconds per operation, the least of all bursts, by contestant."""
        return {name: benchmark["stats"]["min"] for name, benchmark in self.benchmarks.items()}

    @property
    def is_bytes(self) -> bool:
        """Does this row tell about memory, rather than time?"""
        return any("bytes" in benchmark["extra_info"] for benchmark in self.benchmarks.values())

    @property
    def values(self) -> dict[str, float]:
        """What the row is about: bytes, or seconds per operation."""
        return {name: self.extra(name, "bytes") for name in self.benchmarks} if self.is_bytes else self.times

    def shown(self, name: str) -> str:
        """Return the value with its unit."""
        value = self.values.get(name)
        return "" if value is None else bytes_(value) if self.is_bytes else time(value)

    def ratio(self, name: str, to: str = BLINKER) -> float | None:
        """Return how many times faster or smaller than ``to`` a contestant is; None where that makes no sense."""
        values = self.values
        if name not in values or to not in values or self.info.get("forgotten"):
            return None
        return values[to] / values[name]

    def extra(self, name: str, key: str) -> Any:
        """Return what else was found out about a contestant."""
        return self.benchmarks[name]["extra_info"].get(key) if name in self.benchmarks else None


@dataclass
class Results:
    """A run of the suite."""

    path: Path
    machine: dict[str, Any]
    date: str
    commit: str
    rows: list[Row]

    @property
    def contestants(self) -> list[str]:
        """Names of all that were measured, in the order of the run."""
        return list(dict.fromkeys(name for row in self.rows for name in row.benchmarks))

    def section(self, section: str, **info: Any) -> list[Row]:
        """Return the rows of a section, those with that information."""
        found = [row for row in self.rows if row.section == section]
        return [row for row in found if all(row.info.get(key) == value for key, value in info.items())]

    def interrupt(self, done: int, of: int) -> None:
        """Note in the file that the run was interrupted."""
        found = json.loads(self.path.read_text())
        found["aldis"]["interrupted"] = self.machine["interrupted"] = f"{done} of {of} cells"
        self.path.write_text(json.dumps(found, indent=4))

    def noise(self) -> tuple[float, float]:
        """Return by how much bursts exceeded the least one: the median of all benchmarks, and the worst tenth."""
        found = sorted(noise(b) for row in self.rows for b in row.benchmarks.values() if b["stats"]["rounds"] > 2)
        return (statistics.median(found), found[int(len(found) * 0.9)]) if found else (0.0, 0.0)


def noise(benchmark: dict[str, Any]) -> float:
    """Return by how much the median burst exceeded the least one."""
    stats = benchmark["stats"]
    excess: float = stats["median"] / stats["min"] - 1
    return excess


def read(path: Path) -> Results:
    """Read ``results.json``.

    :raises ValueError: when it is not a file of this suite.
    """
    try:
        found = json.loads(path.read_text())
        rows: dict[tuple[str, str], Row] = {}
        for benchmark in found["benchmarks"]:
            info = benchmark["extra_info"]
            key = info["section"], info["title"]
            row = rows.setdefault(key, Row(*key, info["unit"], info))
            row.benchmarks[info["contestant"]] = benchmark
        machine = found["machine_info"] | found["aldis"]
        return Results(path, machine, found["datetime"], commit(found["commit_info"]), list(rows.values()))
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} does not hold results of this suite: {error!r}") from error


def commit(info: dict[str, Any]) -> str:
    """Return the commit that was measured, where there is one."""
    return f"{info['id'][:12]}{' and changes' if info.get('dirty') else ''}" if info.get("id") else ""


def geometric_mean(values: Iterable[float]) -> float:
    logs = [math.log(value) for value in values]
    return math.exp(sum(logs) / len(logs))


def time(seconds: float) -> str:
    """Return a time in three digits, with its unit."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6), ("ns", 1e-9)):
        if seconds >= size or unit == "ns":
            return f"{digits(seconds / size)}\N{NO-BREAK SPACE}{unit}"
    raise AssertionError


def bytes_(value: float) -> str:
    """Return a number of bytes in three digits, with its unit."""
    if abs(value) >= 1e6:
        return f"{digits(value / 1e6)}\N{NO-BREAK SPACE}MB"
    if abs(value) >= 1e3:
        return f"{digits(value / 1e3)}\N{NO-BREAK SPACE}kB"
    return f"{value:.0f}\N{NO-BREAK SPACE}B"


def digits(value: float) -> str:
    """Return a number in three digits."""
    if value == 0:
        return "0"
    places = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{min(places, 3)}f}"


def times(ratio: float | None) -> str:
    """Return a ratio as "12.3×"."""
    return "–" if ratio is None else f"{ratio:.2f}×" if ratio < 1 else f"{digits(ratio)}×"

"""A cell of the report: one thing to do, measured of all contestants in turns."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_benchmark.fixture import BenchmarkFixture

    from .contestants import Contestant
    from .turns import Effort, Figures


@dataclass(frozen=True, kw_only=True)
class Cell:
    """Something to do, that is measured.

    :param quick: does it belong to the quick suite?
    """

    quick: bool = True

    @property
    def title(self) -> str:
        """What is done, in words."""
        raise NotImplementedError

    @property
    def unit(self) -> str:
        """What the time of one operation is the time of."""
        return "send"

    @property
    def info(self) -> dict[str, Any]:
        """What the report needs to know of it."""
        return {}

    def cost(self, contestants: int, effort: Effort) -> float:
        """Return about how many seconds it takes, for the progress bar."""
        return contestants * (effort.seconds + 0.03)

    @property
    def id(self) -> str:
        return re.sub(r"[^\w]+", "-", self.title.replace(",", "")).strip("-")

    def takes(self, contestant: Contestant) -> bool:
        """Tell whether the contestant can do it."""
        return contestant.Signal is not None

    def measure(self, contestants: list[Contestant], effort: Effort) -> dict[str, Figures]:
        """Measure the contestants, by name."""
        raise NotImplementedError


_now = 0.0


def clock() -> float:
    """Return the time by which pytest-benchmark measures: it passes while bursts that were measured are replayed."""
    return _now


def pass_time(seconds: float) -> None:
    global _now
    _now += seconds


def reset() -> None:
    global _now
    _now = 0.0  # so that a sum of many does not round off the next


@dataclass
class Turn:
    """A test's own part in the measuring of its cell.

    The first test of a cell measures all contestants, in turns. Each hands its bursts to pytest-benchmark, which
    keeps them like any others.
    """

    benchmark: BenchmarkFixture
    cell: Cell
    contestant: str
    measured: Callable[[], dict[str, Figures]]
    section: str

    def __call__(self) -> None:
        figures = self.measured()[self.contestant]
        self.benchmark.group = f"{self.section}: {self.cell.title}"
        self.benchmark.extra_info.update(
            contestant=self.contestant,
            section=self.section,
            title=self.cell.title,
            unit=self.cell.unit,
            operations=figures.operations,
            **self.cell.info,
            **figures.extra,
        )
        bursts = iter(figures.bursts)
        self.benchmark.pedantic(lambda: pass_time(next(bursts)), setup=reset, rounds=len(figures.bursts))  # type: ignore[no-untyped-call]

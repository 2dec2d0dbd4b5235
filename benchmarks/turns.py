"""Measuring: many short bursts, the contestants taking turns, so that what else the machine does hits all alike.

Each burst runs the literal statement in a loop of ``timeit``, without garbage collection; the time of an empty loop is
taken off. The least of a contestant's bursts is its figure, the others tell how noisy the run was.
"""

from __future__ import annotations

import sys
import timeit
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from math import ceil
from time import perf_counter
from typing import Any

BURST = 0.001  # seconds: long against the clock's steps, short against what disturbs a machine
WARM_UP = 0.1 if sys.implementation.name == "pypy" else 0.0  # seconds, until what is compiled while running is
LEAST = 1e-10  # seconds: what is left of a statement that takes no longer than the empty loop


@dataclass
class Operation:
    """A statement to be measured.

    :param call: the statement.
    :param names: its global names.
    :param each: how many operations one call of it carries out.
    :param before: what has to be done before each call, unmeasured. A burst is a single call then.
    """

    call: str
    names: dict[str, Any]
    each: int = 1
    before: Callable[[], object] | None = None


@dataclass
class Figures:
    """What was measured of one contestant in one cell.

    :param bursts: seconds per operation, of each burst.
    :param operations: the number of operations in a burst.
    :param extra: whatever else was found out.
    """

    bursts: list[float]
    operations: int = 1
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Effort:
    """How long to measure: until each contestant has run for so many seconds, and at least so many rounds."""

    seconds: float
    rounds: int
    tick: Callable[[], object] = lambda: None  # called between bursts

    def rounds_of(self, burst: float) -> int:
        return max(self.rounds, ceil(self.seconds / burst))


@cache
def empty_loop() -> float:
    """Return the seconds that a step of an empty loop takes."""
    return min(timeit.repeat("pass", number=200_000, repeat=30)) / 200_000


def in_turns(operations: Mapping[str, Operation], effort: Effort) -> dict[str, Figures]:
    """Measure each operation."""
    empty = empty_loop()
    timers = []
    longest = 0.0  # of one round's turns, with what is done before it
    for operation in operations.values():
        timer = timeit.Timer(operation.call, globals=operation.names)
        number = 1
        began = perf_counter()
        if operation.before is not None:
            operation.before()
        took = timer.timeit(number)
        longest = max(longest, perf_counter() - began, BURST)
        while operation.before is None and took < 0.8 * BURST:
            number = max(number * 2, int(number * BURST / took) if took else 1)
            took = timer.timeit(number)
        if WARM_UP and operation.before is None:
            timer.timeit(int(number * WARM_UP / took))
        timers.append((operation, timer, number, Figures([], number * operation.each, {"statement": operation.call})))
        effort.tick()
    for _ in range(effort.rounds_of(longest)):
        for operation, timer, number, figures in timers:
            if operation.before is not None:
                operation.before()
            seconds = timer.timeit(number) / number - empty
            figures.bursts.append(max(seconds / operation.each, LEAST))
            effort.tick()
    return dict(zip(operations, (figures for *_, figures in timers)))

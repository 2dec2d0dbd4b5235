"""The benchmarks. This is where time is measured: by pytest-benchmark, in :func:`test_time`."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from .cases import Case, Operation

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

    from .conftest import Suite
    from .libraries import Library

WARM_UP = 0.1 if sys.implementation.name == "pypy" else 0.0  # seconds, for a just-in-time compiler


def test_memory(case: Case, library: Library, repeat: int, suite: Suite) -> None:
    """Not timed: how many bytes are in use."""
    suite.recorder.add(case, library, case.prepare(library))


def test_time(benchmark: BenchmarkFixture, case: Case, library: Library, repeat: int, suite: Suite) -> None:
    if repeat == 0 and case.calls is not None:
        case.check(library)
    operation = case.prepare(library)
    if (case, library) not in suite.numbers:
        suite.numbers[case, library] = calibrate(operation) if benchmark.enabled else 1
    number = suite.numbers[case, library]
    rounds = min(max(3, math.ceil(suite.effort.seconds * case.weight / operation.round_time)), operation.rounds)
    benchmark.group = f"{case.section}: {case.title}"
    benchmark.extra_info.update(library=library.name, statement=operation.statement, operations=number * operation.each)
    try:
        benchmark.pedantic(operation.repeated(number), setup=operation.before, rounds=rounds)  # type: ignore[no-untyped-call]
    finally:
        for signal in operation.signals:
            signal.receivers.clear()
    if benchmark.stats:
        stats, operations = benchmark.stats.stats, number * operation.each
        stats.data = [seconds / operations for seconds in stats.data]  # rounds of two runs differ in their operations
        suite.recorder.add(case, library, stats.min, stats.median)


def calibrate(operation: Operation) -> int:
    """Return how many operations take about as long as a round should."""
    number, end = 1, time.perf_counter() + WARM_UP
    while operation.before is None:
        took = min(timed(operation.repeated(number)) for _ in range(3))  # one may be interrupted
        if took < 0.7 * operation.round_time:
            number = max(2 * number, min(20 * number, int(number * operation.round_time / took)))
        elif time.perf_counter() > end:
            break
    return number


def timed(function: Callable[[], object]) -> float:
    began = time.perf_counter()
    function()
    return time.perf_counter() - began

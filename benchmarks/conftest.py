"""How pytest runs the cases: each library in turn within a case, and all cases again in each repeat.

So a library's figure is the least of several measurements that lie minutes or seconds apart, and what else the machine
does at one time hits the libraries of a case alike. How far the measurements differ is the figure's spread.

``pytest benchmarks --benchmark-autosave`` keeps a run, and ``pytest benchmarks --benchmark-compare`` compares with it.
"""

from __future__ import annotations

import itertools
import warnings
from dataclasses import dataclass, field
from typing import Any

import pytest
from pytest_benchmark.logger import PytestBenchmarkWarning

from .cases import CONTROL, dispatch_cases
from .libraries import Library, libraries, peers
from .operations import operation_cases
from .programs import memory_cases, program_cases
from .results import Recorder, about_this_run


@dataclass(frozen=True)
class Effort:
    """How long to measure: seconds for each library in each repeat of a case, of all cases or of the quick ones."""

    repeats: int
    seconds: float
    only_quick: bool = False


EFFORTS = {
    "quick": Effort(3, 0.003, only_quick=True),
    "default": Effort(5, 0.008),
    "thorough": Effort(20, 0.03),
}


@dataclass
class Suite:
    """What the tests share. ``numbers`` has the operations in a round: the same in each repeat."""

    effort: Effort
    libraries: list[Library]
    recorder: Recorder
    numbers: dict[Any, int] = field(default_factory=dict)


suite_key = pytest.StashKey[Suite]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("aldis")
    group.addoption("--effort", choices=list(EFFORTS), default="default", help="how many cases, and how long each")
    group.addoption("--repeats", type=int, default=1, help="measure all cases this many times [%(default)s]")
    group.addoption("--peers", action="store_true", help="measure other libraries as well")


def pytest_configure(config: pytest.Config) -> None:
    # a warning of pytest-benchmark's is no error
    config.addinivalue_line("filterwarnings", "default::pytest_benchmark.logger.PytestBenchmarkWarning")
    warnings.filterwarnings("default", category=PytestBenchmarkWarning)
    config.option.benchmark_disable_gc = True
    found = libraries()
    more, left_out = peers() if config.getoption("--peers") else ([], {})
    found += more
    effort = config.getoption("--effort")
    recorder = Recorder(about_this_run(found, left_out, effort), config.getoption("--repeats"))
    config.stash[suite_key] = Suite(EFFORTS[effort], found, recorder)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    suite = metafunc.config.stash[suite_key]
    repeats = metafunc.config.getoption("--repeats")
    if metafunc.function.__name__ == "test_memory":
        cases, repeats = memory_cases(), 1  # bytes do not vary
    else:
        cases = [CONTROL, *program_cases(), *dispatch_cases(), *operation_cases()]
    chosen = [
        (repeat, case, library)
        for repeat, case, library in itertools.product(range(repeats), cases, suite.libraries)
        if case.takes(library) and (case.quick or not suite.effort.only_quick)
    ]
    ids = [
        f"{case.id}-{library.name.replace(' ', '-')}" + (f"-{repeat + 1}" if repeats > 1 else "")
        for repeat, case, library in chosen
    ]
    metafunc.parametrize(("repeat", "case", "library"), chosen, ids=ids)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items[:] = [item for item in items if "NOTSET" not in item.name]  # PyPy has no case of memory


@pytest.fixture
def suite(request: pytest.FixtureRequest) -> Suite:
    return request.config.stash[suite_key]

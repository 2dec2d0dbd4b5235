"""How the suite runs under pytest: which contestants take part, and how each cell's turns reach pytest-benchmark."""

from __future__ import annotations

import os
import platform
import sys
import time
import warnings
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import pytest
from pytest_benchmark.logger import PytestBenchmarkWarning

from .cells import Cell, Turn, clock
from .contestants import Contestant, Missing, contestants
from .processes import stop_all
from .turns import Effort, Figures

PACKAGES = ("aldis", "blinker", "flask", "quart", "pytest-benchmark", "matplotlib")

HURRY = 30.0  # seconds

began = pytest.StashKey[float]()
taking_part = pytest.StashKey[list[Contestant]]()
left_out = pytest.StashKey[dict[str, str]]()
measured = pytest.StashKey[dict[Cell, dict[str, Figures]]]()
tick = pytest.StashKey[Callable[[], object]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("aldis")
    group.addoption("--quick", action="store_true", help="leave out what takes long")
    group.addoption("--peers", action="store_true", help="measure other libraries as well")


def pytest_configure(config: pytest.Config) -> None:
    # what pytest-benchmark warns of is no error, within tests and between them
    config.addinivalue_line("filterwarnings", "default::pytest_benchmark.logger.PytestBenchmarkWarning")
    warnings.filterwarnings("default", category=PytestBenchmarkWarning)
    try:
        config.stash[taking_part] = contestants()
    except Missing as error:
        raise pytest.UsageError(str(error)) from None
    config.stash[left_out] = {}
    if config.getoption("--peers"):
        from .peers import peers

        found, config.stash[left_out] = peers()
        config.stash[taking_part] += found
    config.stash[measured] = {}
    config.stash[began] = time.monotonic()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "turn" not in metafunc.fixturenames:
        return
    quick = metafunc.config.getoption("--quick")
    replay = pytest.mark.benchmark(timer=clock)
    parameters = [
        pytest.param(cell.id, contestant.name, id=f"{cell.id}-{contestant.name.replace(' ', '-')}", marks=replay)
        for cell in metafunc.module.CELLS
        for contestant in metafunc.config.stash[taking_part]
        if cell.takes(contestant) and (cell.quick or not quick)
    ]
    metafunc.parametrize(("cell", "contestant"), parameters)


def cell_of(item: pytest.Item) -> Cell:
    """Return the cell that a test belongs to."""
    assert isinstance(item, pytest.Function)
    cell: Cell = next(cell for cell in item.module.CELLS if cell.id == item.callspec.params["cell"])
    return cell


def effort_of(config: pytest.Config) -> Effort:
    """Return the effort that pytest-benchmark's options ask for."""
    if config.getoption("benchmark_disable"):
        return Effort(0.0, 1)
    seconds = float(config.getoption("benchmark_max_time"))
    if config.getoption("--quick") and time.monotonic() - config.stash[began] > HURRY:
        seconds = 0.0  # on a busy machine, fewer rounds rather than more than a minute
    return Effort(seconds, config.getoption("benchmark_min_rounds"), config.stash.get(tick, lambda: None))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out the tests of a module in which no contestant can do anything, on PyPy for example."""
    items[:] = [item for item in items if isinstance(item.callspec.params["cell"], str)]  # type: ignore[attr-defined]


@pytest.fixture
def turn(request: pytest.FixtureRequest, benchmark: Any, cell: str, contestant: str) -> Turn:
    """Measure the cell, unless an earlier test has, and hand this contestant's figures to pytest-benchmark."""
    config = request.config
    this = cell_of(request.node)

    def figures() -> dict[str, Figures]:
        known = config.stash[measured]
        if this not in known:
            chosen = {
                item.callspec.params["contestant"]  # type: ignore[attr-defined]
                for item in request.session.items
                if cell_of(item) is this
            }
            contestants = [contestant for contestant in config.stash[taking_part] if contestant.name in chosen]
            known[this] = this.measure(contestants, effort_of(config))
        return known[this]

    return Turn(benchmark, this, contestant, figures, request.module.__name__.rpartition("test_")[2])


def installed(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def pytest_benchmark_update_machine_info(machine_info: dict[str, Any]) -> None:
    """Leave out what changes from one moment to the next, and would make each run another machine's, and what no reader
    of the figures asks for.
    """
    for name in [name for name in machine_info["cpu"] if name.startswith(("hz_actual", "flags"))]:
        del machine_info["cpu"][name]
    del machine_info["release"]


def pytest_benchmark_update_commit_info(commit_info: dict[str, Any]) -> None:
    """Leave out what the folder is called."""
    del commit_info["project"]


def pytest_benchmark_update_json(config: pytest.Config, output_json: dict[str, Any]) -> None:
    """Add what the report tells of the run."""
    packages = (*PACKAGES, *(contestant.package for contestant in config.stash[taking_part] if contestant.is_peer))
    output_json["aldis"] = {
        "packages": {package: found for package in packages if (found := installed(package))},
        "cores": os.cpu_count(),
        "gil": getattr(sys, "_is_gil_enabled", lambda: True)(),
        "command": os.environ.get("ALDIS_BENCHMARKS_COMMAND") or " ".join(["pytest", *config.invocation_params.args]),
        "platform": f"{platform.system()} {platform.machine()}",
        "quick": config.getoption("--quick"),
        "interrupted": "",
        "left_out": config.stash[left_out],
        "contestants": [{"name": its.name, "differs": its.differs} for its in config.stash[taking_part]],
    }


def pytest_unconfigure() -> None:
    stop_all()

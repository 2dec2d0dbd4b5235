"""Fixtures for all tests. Each test runs on both cores; a missing core is an error, not a skip.

``ALDIS_PURE_PYTHON`` restricts a run to one core: ``1`` to the pure core, ``0`` to the compiled one.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from aldis._cores import signals_on

pytest.register_assert_rewrite("support")

CORES = {"": ["compiled", "pure"], "0": ["compiled"], "1": ["pure"]}[os.environ.get("ALDIS_PURE_PYTHON", "")]
BASE_MODULES = {"compiled": "aldis._dispatch_c", "pure": "aldis._dispatch"}


@pytest.fixture(autouse=True, scope="module")
def _quick_collections() -> None:
    """Freeze what exists already, so that the many collections in the tests skip it."""
    gc.collect()
    if hasattr(gc, "freeze"):
        gc.freeze()


def pytest_collection_finish() -> None:
    if sys.implementation.name == "pypy":
        import pypyjit  # type: ignore[import-not-found]

        # No test runs for long, and the JIT keeps the objects of a loop alive until it has compiled the loop.
        pypyjit.set_param("off")


@pytest.fixture(params=CORES)
def core(request: pytest.FixtureRequest) -> str:
    """The name of the core that the test runs on."""
    name: str = request.param
    return name


@pytest.fixture
def signals(core: str) -> ModuleType:
    """The module ``aldis.signals`` on that core."""
    module: ModuleType = signals_on(core)
    assert module.Signal.__base__.__module__ == BASE_MODULES[core]
    return module


@pytest.fixture
def run(core: str) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run ``python ARGUMENTS…`` in a new process, on that core, and return the completed process."""

    def run(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "ALDIS_PURE_PYTHON": "1" if core == "pure" else "0"}
        environment.update(options.pop("env", {}))
        options = {"timeout": 120, "text": True, "capture_output": True, **options}
        return subprocess.run([sys.executable, *arguments], env=environment, **options)

    return run


@pytest.fixture
def collect() -> Callable[[], None]:
    """Collect garbage until all dead objects are gone."""

    def collect() -> None:
        for _ in range(3 if sys.implementation.name == "pypy" else 1):
            gc.collect()

    return collect

"""Every test runs on both cores, each required by name: a core that is missing is an error, not a skip.

``ALDIS_PURE_PYTHON`` restricts a run to one core, where there is only one: ``1`` to the pure, ``0`` to the compiled.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from aldis._core import signals_on

CORES = {"": ["compiled", "pure"], "0": ["compiled"], "1": ["pure"]}[os.environ.get("ALDIS_PURE_PYTHON", "")]


@pytest.fixture(autouse=True, scope="module")
def _collections_are_quick() -> None:
    """Let the many collections that the tests ask for pass over what is there already."""
    gc.collect()
    if hasattr(gc, "freeze"):
        gc.freeze()


def pytest_collection_finish() -> None:
    if sys.implementation.name == "pypy":
        import pypyjit  # type: ignore[import-not-found]

        # Nothing here runs for long, and what the compiler meets in a loop stays alive until the loop is compiled.
        pypyjit.set_param("off")


@pytest.fixture(params=CORES)
def core(request: pytest.FixtureRequest) -> str:
    """The name of the core that the test runs on."""
    name: str = request.param
    return name


@pytest.fixture
def signals(core: str) -> ModuleType:
    """The module ``aldis.signals`` on that core."""
    module = signals_on(core)
    expected = {"compiled": "aldis._core_c", "pure": "aldis._core_py"}[core]
    assert module.Signal.__base__.__module__ == expected
    return module


@pytest.fixture
def run(core: str) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run ``python ARGUMENTS…`` in a process of its own, on that core, and return what became of it."""

    def run(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "ALDIS_PURE_PYTHON": "1" if core == "pure" else "0"}
        environment.update(options.pop("env", {}))
        options = {"timeout": 120, "text": True, "capture_output": True, **options}
        return subprocess.run([sys.executable, *arguments], env=environment, **options)

    return run


@pytest.fixture
def collect() -> Callable[[], None]:
    """Let the dead be gone: at once where references are counted, after a collection elsewhere."""

    def collect() -> None:
        for _ in range(3 if sys.implementation.name == "pypy" else 1):
            gc.collect()

    return collect


@pytest.fixture(autouse=True)
def _no_lock_is_left() -> Iterator[None]:
    """See to it that a test that ran out of something leaves the pure core's lock to others."""
    from aldis import _core_py

    yield
    assert not _core_py._lock._is_owned()  # type: ignore[attr-defined]

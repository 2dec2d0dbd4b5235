"""aldis is imported several times in one process: by several interpreters, or again by the same one."""

from __future__ import annotations

import sys

import pytest
from support.scripts import Run, run_script

not_on_pypy = pytest.mark.skipif(sys.implementation.name != "cpython", reason="there are no subinterpreters")


def choice(core: str) -> dict[str, str]:
    """Return the environment in which the compiled core is used where it can be loaded."""
    return {} if core == "pure" else {"ALDIS_PURE_PYTHON": ""}


@pytest.mark.untraced
@not_on_pypy
@pytest.mark.parametrize("kind", ["isolated", "legacy"])
@pytest.mark.parametrize("first", ["main", "other"])
def test_interpreters_come_and_go(run: Run, core: str, kind: str, first: str) -> None:
    run_script(run, "subinterpreters", core == "compiled", kind, first, env=choice(core))


@pytest.mark.untraced
@not_on_pypy
@pytest.mark.skipif(sys.version_info < (3, 13), reason="before 3.12 they share one lock; 3.12 itself crashes")
def test_interpreters_in_threads(run: Run, core: str) -> None:
    run_script(run, "subinterpreters", core == "compiled", "isolated", "threads", env=choice(core))


def test_reimport_uses_the_same_core(run: Run, core: str) -> None:
    run_script(run, "reimport", stdout=f"{core == 'compiled'}\n", env=choice(core))

"""No memory is lost, however often receivers, senders and signals come and go."""

from __future__ import annotations

import gc
import inspect
import os
import sys
from collections.abc import Callable, Iterator
from types import ModuleType

import comings
import pytest
from comings import COMINGS, ROUND, World

TURNS = int(os.environ.get("ALDIS_MEMORY_TURNS", 1_000_000))

pytestmark = pytest.mark.skipif(sys.implementation.name != "cpython", reason="tracemalloc is CPython's")
every_coming = pytest.mark.parametrize("coming", COMINGS)


@pytest.fixture(autouse=True, scope="module")
def _only_what_is_made_here() -> Iterator[None]:
    """Spare the collector what was there before: it runs often here."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


def test_no_way_of_use_is_forgotten(signals: ModuleType) -> None:
    source = inspect.getsource(comings)
    public = [name for name in dir(signals.Signal) if name[0] != "_" and name not in ("ANY", "set_class")]
    assert [name for name in public if f".{name}" not in source] == []


def settle() -> None:
    gc.collect()
    clear: Callable[[], None] = getattr(sys, "_clear_internal_caches", None) or sys._clear_type_cache
    clear()  # it holds names of attributes


def grown(signals: ModuleType, coming: str, turns: int, used: Callable[[], int]) -> int:
    """Return how much more is in use after so many turns, whichever of two times it is less."""
    world = World(signals)
    tables = world.tables()
    world.repeat(COMINGS[coming], ROUND)
    settle()
    counts = [used()]
    for _ in range(2):  # what the interpreter makes room for, it does once; what is lost is lost each time
        world.repeat(COMINGS[coming], turns)
        settle()
        counts.append(used())
    assert world.tables() == tables
    return min(counts[1] - counts[0], counts[2] - counts[1])


@every_coming
def test_nothing_stays(signals: ModuleType, coming: str) -> None:
    """All memory is traced, the cores' own as that of Python objects."""
    import tracemalloc

    tracemalloc.start()
    try:
        assert grown(signals, coming, ROUND, lambda: tracemalloc.get_traced_memory()[0]) < 250, "4 bytes a turn"
    finally:
        tracemalloc.stop()


@pytest.mark.long
@every_coming
def test_nothing_stays_for_long(signals: ModuleType, coming: str) -> None:
    """Blocks are counted, for tracing them would take most of the time."""
    assert grown(signals, coming, TURNS // 2, sys.getallocatedblocks) < 100, "however many turns"

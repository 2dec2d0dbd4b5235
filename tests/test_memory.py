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


def traced() -> int:
    """Return how many bytes are in use, of the cores' own as of Python objects."""
    import tracemalloc

    gc.collect()
    clear: Callable[[], None] = getattr(sys, "_clear_internal_caches", None) or sys._clear_type_cache
    clear()  # it holds names of attributes
    return tracemalloc.get_traced_memory()[0]


def grown(signals: ModuleType, coming: str, turns: int) -> int:
    """Return how many bytes more are in use after so many turns, whichever of two times it is less."""
    import tracemalloc

    tracemalloc.start()
    try:
        world = World(signals)
        tables = world.tables()
        world.repeat(COMINGS[coming], ROUND)
        used = [traced()]
        for _ in range(2):  # what the interpreter makes room for, it does once; what is lost is lost each time
            world.repeat(COMINGS[coming], turns)
            used.append(traced())
    finally:
        tracemalloc.stop()
    gc.collect()
    assert world.tables() == tables
    return min(used[1] - used[0], used[2] - used[1])


@every_coming
def test_nothing_stays(signals: ModuleType, coming: str) -> None:
    assert grown(signals, coming, ROUND) < 250, "4 bytes a turn"


@pytest.mark.long
@every_coming
def test_nothing_stays_for_long(signals: ModuleType, coming: str) -> None:
    assert grown(signals, coming, TURNS // 2) < 5_000, "however many turns"

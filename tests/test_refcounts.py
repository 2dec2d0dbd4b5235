"""On a debug build of CPython, which counts all references there are, no use of a signal changes their number."""

from __future__ import annotations

import gc
import sys
from types import ModuleType

import pytest
from comings import COMINGS, ROUND, World

pytestmark = pytest.mark.skipif(
    not hasattr(sys, "gettotalrefcount"), reason="only a debug build of CPython counts all references"
)


@pytest.mark.parametrize("coming", COMINGS)
def test_references_are_given_back(signals: ModuleType, coming: str) -> None:
    def total() -> int:
        gc.collect()
        sys._clear_type_cache()  # type: ignore[attr-defined, unused-ignore] # it holds names of attributes
        return sys.gettotalrefcount()  # type: ignore[attr-defined, no-any-return, unused-ignore]

    world = World(signals)
    world.repeat(COMINGS[coming], ROUND)
    before = total()
    world.repeat(COMINGS[coming], 2 * ROUND)
    after = total()
    assert abs(after - before) < 10, "one for twelve turns"

"""``ANY`` and other symbols, and ``make_ref``. (``test_senders.py`` tests ``make_id``.)"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from types import ModuleType
from typing import Any

from support.helpers import Collect

import aldis
from aldis.signals import ANY, ANY_ID, Symbol, make_id, make_ref


def test_any_is_the_same_everywhere(signals: ModuleType) -> None:
    assert ANY is aldis.ANY is signals.ANY is signals.Signal.ANY is signals.Signal().ANY is Symbol("ANY")
    assert repr(ANY) == str(ANY) == ANY.name == "ANY"
    assert ANY.__getnewargs__() == ("ANY",)
    assert ANY
    assert ANY_ID == 0 != make_id(ANY)


def test_a_symbol_is_the_same_in_another_process(run: Callable[..., Any]) -> None:
    both = pickle.dumps([ANY, Symbol("other")])
    done = run("-c", f"import pickle, aldis; a, o = pickle.loads({both!r}); print(a is aldis.ANY, o)")
    assert (done.stdout, done.stderr) == ("True other\n", "")


# make_ref


def test_a_reference_to_a_method_dies_with_its_function(collect: Collect) -> None:
    class Local:
        def method(self) -> str:
            return "called"

    instance = Local()
    dead: list[Any] = []
    reference, dropped = make_ref(instance.method, dead.append), make_ref(instance.method, dead.append)
    assert reference()() == "called"  # type: ignore[misc]
    del dropped, Local.method
    collect()
    assert reference() is None
    assert len(dead) == 1
    assert dead[0] is reference

"""The kinds of receivers: functions, methods, builtins, instances, classes, mocks."""

from __future__ import annotations

import array
import functools
import re
import sys
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from types import ModuleType
from typing import Any
from unittest import mock

import pytest
from support.helpers import (
    Collect,
    Slotted,
    Thing,
    assert_untouched,
    by_receivers_for,
    by_send,
    by_send_async,
    function,
)

from aldis import ANY
from aldis.signals import make_id


class Callable_:
    """A callable that is equal to all others of its kind and has no hash."""

    def __call__(self, sender: Any, **kwargs: Any) -> Any:
        return sender

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Callable_)

    __hash__ = None  # type: ignore[assignment]


class Made:
    def __init__(self, sender: Any, **kwargs: Any) -> None:
        self.sender = sender


class OtherThing(Thing):
    pass


class MyList(list):  # type: ignore[type-arg]
    """A list that supports weak references."""


thing, slotted, items, my_items = Thing(), Slotted(), ["sender"], MyList()
partial, callable_ = functools.partial(function()), Callable_()
queue: deque[Any] = deque()
pattern, other_pattern = re.compile("sender"), re.compile("other")
cached, double, magic_double = functools.lru_cache(repr), mock.Mock(), mock.MagicMock()

# Two functions for each kind: one returns the receiver, the other another receiver of the kind.
KINDS: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
    "function": (lambda: Thing.static_method, function),
    "method": (lambda: thing.method, lambda: Thing().method),
    "method of the same instance": (lambda: thing.method, lambda: thing.other_method),
    "class method": (lambda: Thing.class_method, lambda: OtherThing.class_method),
    "method of a builtin's subclass": (lambda: my_items.append, lambda: MyList().append),
    "partial": (lambda: partial, lambda: functools.partial(partial.func)),
    "instance": (lambda: callable_, Callable_),
    "instance's __call__": (lambda: callable_.__call__, lambda: Callable_().__call__),
    "builtin function": (lambda: repr, lambda: ascii),
    "bound builtin with weak references": (lambda: queue.append, lambda: deque().append),
    "bound builtin": (lambda: items.append, lambda: [1].append),
    "another bound builtin": (lambda: items.index, lambda: items.count),
    "method wrapper": (lambda: items.__eq__, lambda: items.__ne__),
    "method descriptor": (lambda: str.swapcase, lambda: str.upper),
    "class": (lambda: Made, lambda: type("Made", (Made,), {})),
    "builtin type": (lambda: str, lambda: repr),
    "cached function": (lambda: cached, lambda: functools.lru_cache(repr)),
    "mock": (lambda: double, lambda: mock.Mock()),
    "magic mock": (lambda: magic_double, lambda: mock.MagicMock()),
    "slotted instance": (lambda: slotted, Slotted),
    "method of a slotted instance": (lambda: slotted.method, lambda: Slotted().method),
    "builtin method that gets its class": (lambda: pattern.match, lambda: other_pattern.match),  # METH_METHOD
}
every_kind = pytest.mark.parametrize(("get", "get_other"), KINDS.values(), ids=KINDS)


@every_kind
@pytest.mark.parametrize("sender", [ANY, "sender"])
def test_every_kind_can_be_connected_strongly(
    signals: ModuleType, get: Callable[[], Any], get_other: Callable[[], Any], sender: Any
) -> None:
    signal, other = signals.Signal(), get_other()
    assert signal.connect(get(), sender, weak=False) == get()
    signal.connect(get(), sender, weak=False)
    signal.connect(other, sender, weak=False)
    for dispatch in (by_send, by_receivers_for, by_send_async):
        first, second = dispatch(signal, "sender")
        assert [make_id(first), make_id(second)] == [make_id(get()), make_id(other)]
    assert list(signal.receivers) == [make_id(get()), make_id(other)]
    assert list(signal.receivers.values()) == [get(), other]
    signal.disconnect(get(), sender)
    assert by_send(signal, "sender") == [other]
    signal.disconnect(other)
    assert_untouched(signal, "sender")


# Bound builtins

BOUND: dict[str, tuple[Callable[[], Any], str]] = {
    "deque": (deque, "append"),
    "list subclass": (MyList, "append"),
    "array": (lambda: array.array("i"), "fromlist"),
    "queue": (SimpleQueue, "put"),
    "pattern": (lambda: re.compile(f"unique {object()!r}"), "match"),
}


@pytest.mark.parametrize(("make", "name"), BOUND.values(), ids=BOUND)
def test_a_weak_bound_builtin_lives_as_long_as_its_instance(
    signals: ModuleType, collect: Collect, make: Callable[[], Any], name: str
) -> None:
    signal, instances = signals.Signal(), [make()]
    signal.connect(getattr(instances[0], name))
    signal.connect(getattr(instances[0], name), "sender")
    collect()
    assert list(signal.receivers_for("sender")) == [getattr(instances[0], name)]
    signal.disconnect(getattr(instances[0], name), "sender")
    assert list(signal.receivers_for("sender")) == [getattr(instances[0], name)]
    instances.clear()
    re.purge()
    collect()
    assert_untouched(signal)


@pytest.mark.skipif(sys.implementation.name == "pypy", reason="PyPy has no bound builtins")
def test_a_weak_bound_builtin_of_an_instance_without_weak_references_dies_at_once(
    signals: ModuleType, collect: Collect
) -> None:
    signal = signals.Signal()
    got: list[Any] = []
    signal.connect(got.append)
    collect()
    assert_untouched(signal)
    signal.connect(got.append, weak=False)
    collect()
    assert by_send(signal, "sender") == [got.append]
    assert got == ["sender"]


@pytest.mark.parametrize("weak", [True, False])
def test_a_bound_builtin_is_called_and_not_its_override(signals: ModuleType, weak: bool) -> None:
    class Log(deque):  # type: ignore[type-arg]
        put = deque.append

        def append(self, item: Any) -> None:
            raise AssertionError("the override was called")

        def attach(self, signal: Any) -> None:
            signal.connect(super().append, weak=weak)

    signal, log, renamed = signals.Signal(), Log(), Log()
    log.attach(signal)
    signal.connect(renamed.put, weak=weak)
    signal.send("sender")
    assert list(log) == list(renamed) == ["sender"]


@pytest.mark.parametrize("weak", [True, False])
def test_a_send_method_is_called_and_not_its_override(signals: ModuleType, weak: bool) -> None:
    class Loud(signals.Signal):  # type: ignore[misc, name-defined]
        def send(self, *args: Any, **kwargs: Any) -> Any:
            raise AssertionError("the override was called")

        def attach(self, signal: Any) -> None:
            signal.connect(super().send, weak=weak)

    first, loud, assigned, got = signals.Signal(), Loud(), signals.Signal(), []
    for signal in (loud, assigned):
        signal.connect(lambda sender: got.append(sender), weak=False)
    loud.attach(first)
    first.connect(assigned.send, weak=weak)
    assigned.send = loud.send
    first.send("sender")
    assert got == ["sender", "sender"]

"""Receivers and observers use the signal that is calling them: they change it, drop it, raise, and recurse."""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from support.helpers import (
    assert_untouched,
    by_receivers_for,
    by_send,
    by_send_async,
    every_way,
    function,
)
from support.scripts import Run, run_script

from aldis import ANY

# Observers


@pytest.mark.parametrize("act", ["connect another", "disconnect all", "disconnect itself", "clear", "drop"])
@pytest.mark.parametrize("error", [None, ArithmeticError, KeyboardInterrupt])
def test_observer_that_uses_the_signal(
    signals: ModuleType, collect: Callable[[], None], act: str, error: type[BaseException] | None
) -> None:
    held, receiver, other, seen = [signals.Signal()], function(), function(), []
    alive = weakref.ref(held[0])

    def observe(observed: Any, **kwargs: Any) -> None:
        seen.append(kwargs["receiver"])
        if kwargs["receiver"] is other:
            return
        if act == "connect another":
            observed.connect(other, "other")
        elif act == "disconnect all":
            observed.disconnect(receiver)
        elif act == "disconnect itself":
            observed.receiver_connected.disconnect(observe)
        elif act == "clear":
            observed._clear_state()
        else:
            held.clear()
            del observed
            collect()
        if error is not None:
            raise error

    held[0].receiver_connected.connect(observe)
    if error is None:
        held[0].connect(receiver, "sender")
    else:
        with pytest.raises(error):
            held[0].connect(receiver, "sender")
    if act == "drop":
        collect()
        assert alive() is None
        return
    stays = error is None and act in ("connect another", "disconnect itself")
    assert by_send(held[0], "sender") == [receiver] * stays
    assert by_send(held[0], "other") == [other] * (act == "connect another")
    assert seen == [receiver, *[other] * (act == "connect another")]
    held[0].disconnect(receiver)
    held[0].disconnect(other)
    assert_untouched(held[0], "sender", "other")


@pytest.mark.parametrize("depth", range(12))
@pytest.mark.parametrize("name", ["receiver_connected", "receiver_disconnected"])
def test_observer_that_recurses_without_end(signals: ModuleType, name: str, depth: int) -> None:
    """The depths let the stack overflow in each step of a change."""
    signal, receivers = signals.Signal(), [function() for _ in range(2 * sys.getrecursionlimit())]
    operation = signal.connect if name == "receiver_connected" else signal.disconnect
    if name == "receiver_disconnected":
        for receiver in receivers:
            signal.connect(receiver)
    left = iter(receivers)

    def observe(*observed: Any, **kwargs: Any) -> None:
        operation(next(left))

    def recurse(depth: int) -> None:
        recurse(depth - 1) if depth else observe()

    getattr(signal, name).connect(observe)
    with pytest.raises(RecursionError):
        recurse(depth)
    getattr(signal, name).disconnect(observe)
    assert receivers.index(next(left)) > 50
    if name == "receiver_disconnected":
        for receiver in receivers:
            signal.disconnect(receiver)
    assert_untouched(signal)


# Receivers


@every_way
@pytest.mark.parametrize("error", [KeyboardInterrupt, GeneratorExit, RecursionError])
def test_receiver_that_changes_the_signal_and_raises(
    signals: ModuleType, dispatch: Callable[..., Any], error: type[BaseException]
) -> None:
    signal, receivers, called = signals.Signal(), [function() for _ in range(40)], []

    def raises(sender: Any) -> None:
        called.append(sender)
        signal.disconnect(receivers[0])
        signal.connect(receivers[0], "sender")
        raise error

    for receiver in (*receivers[:20], raises, *receivers[20:]):
        signal.connect(receiver)
    for _ in range(3):
        with pytest.raises(error):
            dispatch(signal, "sender")
    assert called == ["sender"] * 3
    signal.disconnect(raises)
    assert dispatch(signal, "sender") == [*receivers[1:], receivers[0]]
    for receiver in receivers:
        signal.disconnect(receiver)
    assert_untouched(signal, "sender")


def test_receiver_that_sends_without_end(signals: ModuleType) -> None:
    signal, depth = signals.Signal(), []

    def plain(sender: Any) -> None:
        depth.append(sender)
        (by_send, by_receivers_for, by_send_async)[len(depth) % 3](signal, sender)

    async def coroutine(sender: Any) -> None:
        await signal.send_async(sender)

    signal.connect(plain, "plain")
    signal.connect(coroutine, "coroutine")
    for sender in ("plain", "coroutine"):
        with pytest.raises(RecursionError):
            by_send_async(signal, sender)
    assert len(depth) > 20
    signal.disconnect(plain)
    signal.disconnect(coroutine)
    assert_untouched(signal, *depth[:1])


def test_ring_of_signals_recurses_without_end(core: str, signals: ModuleType) -> None:
    first, second = signals.Signal(), signals.Signal()
    first.connect(second.send, weak=False)
    # CPython 3.13.0 does not count calls of bound Python methods from C.
    second.connect(first.send if core == "compiled" else lambda sender: first.send(sender), weak=False)
    with pytest.raises(RecursionError):
        first.send("sender")


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="the stack is checked in another way")
@pytest.mark.parametrize("kind", ["partial", "function", "instance"])
def test_recursion_in_a_thread_with_a_small_stack(run: Run, kind: str) -> None:
    """In 1 MiB, recursion through a signal ends as recursion through ``functools.partial`` does."""
    run_script(run, "small_stack", 2**20, kind, stdout="RecursionError\n")


@every_way
def test_call_method_that_is_replaced(signals: ModuleType, dispatch: Callable[..., Any]) -> None:
    class Changing:
        def __call__(self, sender: Any) -> None:
            called.append("first")
            type(self).__call__ = lambda self, sender: called.append("second")  # type: ignore[method-assign]
            signal.disconnect(self)
            signal.connect(self)

    signal, receiver = signals.Signal(), Changing()
    called: list[str] = []
    signal.connect(receiver)
    for _ in range(2):
        assert dispatch(signal) == [receiver]
    assert called == ["first", "second"]
    receiver.__class__ = type("Mute", (), {})
    with pytest.raises(TypeError, match="not callable"):
        dispatch(signal)
    signal.disconnect(receiver)
    assert_untouched(signal)


# Objects that lie about their class


class Meta(type):
    """Makes classes that raise at every operation except a call."""

    def __eq__(cls, other: object) -> bool:
        raise ArithmeticError("equality of a class")

    def __hash__(cls) -> int:
        raise ArithmeticError("hash of a class")

    def __bool__(cls) -> bool:
        raise ArithmeticError("truth of a class")

    def __instancecheck__(cls, instance: object) -> bool:
        raise ArithmeticError("instances of a class")


class Liar(metaclass=Meta):
    def __init__(self, claimed: type) -> None:
        self.claimed = claimed

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return self.claimed

    def __call__(self, sender: Any, **kwargs: Any) -> Any: ...

    def __eq__(self, other: object) -> bool:
        raise ArithmeticError("equality")

    __hash__ = None  # type: ignore[assignment]


@pytest.mark.parametrize("claimed", [str, int, type, weakref.ref, type(ANY)])
def test_lying___class__(signals: ModuleType, collect: Callable[[], None], claimed: type) -> None:
    signal, held = signals.Signal(), [Liar(claimed), Liar(claimed)]
    signal.connect(held[0], held[1])
    signal.connect(Liar, held[1])
    signal.connect(held[1])
    for dispatch in (by_send, by_receivers_for):
        assert list(map(id, dispatch(signal, held[1]))) == [id(held[0]), id(Liar), id(held[1])]
        assert list(map(id, dispatch(signal, held[0]))) == [id(held[1])]
    signal.disconnect(Liar)
    signal.disconnect(held[0], held[1])
    assert list(map(id, by_send(signal, held[1]))) == [id(held[1])]
    held.clear()
    collect()
    assert_untouched(signal, claimed)


def test_attribute_lookup_that_replaces_the_dictionary(run: Run) -> None:
    """A key in ``signal.__dict__`` replaces it from ``__eq__``, while aldis looks for an attribute."""
    run_script(run, "replace_dict_in_eq")

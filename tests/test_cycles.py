"""Signals, receivers and senders that hold each other are collected, whatever the shape of the cycle."""

from __future__ import annotations

import copy
import gc
import sys
import weakref
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

import pytest
from comings import coroutine, observer, waits
from dispatch import TYPES_DIE, Thing, awaitable, function

from aldis._identity import make_id

# Each function makes one, and returns what has to be gone, besides the signal, when the collector has run.

CYCLES: dict[str, Callable[[Any], list[Any]]] = {}


def cycle(make: Callable[[Any], list[Any]]) -> Callable[[Any], list[Any]]:
    CYCLES[make.__name__] = make
    return make


class Slotted:
    """A receiver, or a sender, without weak references."""

    __slots__ = ("signal",)

    def __init__(self, signal: Any) -> None:
        self.signal = signal

    def __call__(self, sender: Any, **kwargs: Any) -> Any: ...

    method = __call__


class CallableStr(str):
    def __call__(self, sender: Any, **kwargs: Any) -> Any: ...


class CallableInt(int):
    def __call__(self, sender: Any, **kwargs: Any) -> Any: ...


def about(signal: Any, obj: Any) -> Any:
    """Return the object, which holds the signal from now on."""
    obj.signal = signal
    return obj


@cycle
def receiver_with_closure(signal: Any) -> list[Any]:
    def receiver(sender: Any, **kwargs: Any) -> Any:
        return signal

    signal.connect(receiver, weak=False)
    return [receiver]


@cycle
def receiver_to_a_sender(signal: Any) -> list[Any]:
    receiver, sender = function(), Thing()
    sender.receiver, receiver.sender, receiver.signal = receiver, sender, signal  # type: ignore[attr-defined]
    signal.connect(receiver, sender, weak=False)
    return [receiver, sender]


@cycle
def receiver_of_the_signal(signal: Any) -> list[Any]:
    signal.connect(signal.has_receivers_for, weak=False)
    signal.connect(signal.has_receivers_for, "sender", weak=False)
    return []


@cycle
def receiver_that_is_a_method(signal: Any) -> list[Any]:
    thing = about(signal, Thing())
    signal.connect(thing.method, weak=False)
    return [thing]


@cycle
def receiver_that_is_a_partial(signal: Any) -> list[Any]:
    receiver = partial(function(), signal=signal)
    signal.connect(receiver, weak=False)
    return [receiver]


if TYPES_DIE:

    @cycle
    def receiver_that_is_a_type(signal: Any) -> list[Any]:
        receiver = about(signal, type("Receiver", (Thing,), {"__new__": lambda cls, sender: cls}))
        signal.connect(receiver, receiver, weak=False)
        return [receiver]


@cycle
def receiver_that_is_a_builtin(signal: Any) -> list[Any]:
    signal.connect([signal].append, weak=False)
    return []


@cycle
def receiver_without_weak_references(signal: Any) -> list[Any]:
    signal.connect(Slotted(signal), weak=False)
    signal.connect(Slotted(signal).method, "sender", weak=False)
    return []


@cycle
def receiver_that_is_a_string(signal: Any) -> list[Any]:
    signal.connect(about(signal, CallableStr("receiver")), weak=False)
    return []


@cycle
def names_of_keywords(signal: Any) -> list[Any]:
    receiver = signal.connect(function())
    name = about(signal, CallableStr("keyword"))
    signal.send(None, **{name: 1, "_async_wrapper": None})
    return [receiver]


@cycle
def receiver_that_is_a_number(signal: Any) -> list[Any]:
    signal.connect(about(signal, CallableInt(42)), weak=False)
    return []


@cycle
def receiver_put_there(signal: Any) -> list[Any]:
    signal.connect(Thing)
    receiver = signal.receivers[id(Thing)] = about(signal, function())
    return [receiver]


@cycle
def dictionary_of_receivers(signal: Any) -> list[Any]:
    receiver = about(signal, function())
    signal.connect(receiver, weak=False)
    signal.saved, signal.copied = signal.receivers, copy.copy(signal.receivers)
    signal.receivers = {}
    return [receiver]


@cycle
def sender(signal: Any) -> list[Any]:
    sender = about(signal, Thing())
    signal.connect(about(sender, function()), sender, weak=False)
    return [sender]


@cycle
def sender_that_is_the_signal(signal: Any) -> list[Any]:
    signal.connect(about(signal, function()), signal, weak=False)
    signal.send(signal)
    return []


@cycle
def sender_that_is_a_method(signal: Any) -> list[Any]:
    sender = about(signal, Thing())
    signal.connect(sender.class_method, sender.method)
    return [sender]


@cycle
def sender_without_weak_references(signal: Any) -> list[Any]:
    signal.connect(observer, [signal])
    signal.connect(observer, Slotted(signal))
    return []


@cycle
def sender_that_is_a_string(signal: Any) -> list[Any]:
    signal.connect(observer, about(signal, CallableStr("sender")))
    signal.connect(observer, about(signal, CallableInt(1)))
    return []


@cycle
def attribute(signal: Any) -> list[Any]:
    signal.itself = signal
    signal.sent = signal.send(signal)
    return []


@cycle
def observers(signal: Any) -> list[Any]:
    signal.receiver_connected.connect(about(signal, function()), signal, weak=False)
    signal.receiver_disconnected.connect(signal.disconnect, weak=False)
    return [signal.receiver_connected, signal.receiver_disconnected]


@cycle
def two_signals(signal: Any) -> list[Any]:
    other = type(signal)()
    signal.connect(other.has_receivers_for, weak=False)
    other.connect(signal.has_receivers_for, signal, weak=False)
    other.send(signal)
    return [other]


@cycle
def mute(signal: Any) -> list[Any]:
    signal.left, signal.closed = signal.muted(), signal.connected_to(about(signal, function()))
    signal.left.__enter__()
    signal.closed.__enter__()
    return []


def half_way(signal: Any, sending: Any) -> list[Any]:
    next(sending)
    signal.sending = sending
    return []


@cycle
def generator(signal: Any) -> list[Any]:
    signal.connect(Slotted(signal), weak=False)
    return half_way(signal, signal.receivers_for(signal))


@cycle
def generator_after_a_change(signal: Any) -> list[Any]:
    signal.connect(Slotted(signal), weak=False)
    half_way(signal, signal.receivers_for(signal))
    signal.connect(observer)
    return []


@cycle
def coroutine_half_way(signal: Any) -> list[Any]:
    signal.connect(coroutine, Slotted(signal))
    signal.connect(waits)
    return half_way(signal, signal.send_async(_sync_wrapper=awaitable).__await__())


@pytest.mark.parametrize("sent", [False, True], ids=["fresh", "sent"])
@pytest.mark.parametrize("make", CYCLES.values(), ids=CYCLES)
def test_cycles_are_collected(
    signals: ModuleType, collect: Callable[[], None], make: Callable[[Any], list[Any]], sent: bool
) -> None:
    signal = signals.Signal()
    alive = [weakref.ref(obj) for obj in (*make(signal), signal)]
    if sent:  # with plans made
        for asked in (signal, "sender"):
            signal.send(asked, _async_wrapper=lambda receiver: observer)
    del signal
    if sent:
        del asked
    collect()
    assert [reference() for reference in alive] == [None] * len(alive)


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="nobody else can ask who refers to an object")
def test_who_holds_what(signals: ModuleType, core: str) -> None:
    signal, other = signals.Signal(), function()
    receiver, sender, replaced = Slotted(signal), Slotted(signal), Slotted(signal)
    for each in (receiver, replaced):
        signal.connect(each, weak=False)
    signal.connect(other, sender)
    in_its_place = signal.receivers[make_id(replaced)] = weakref.ref(other, lambda dead: None)
    signal.send(sender)
    holders = {
        "compiled": lambda: [signal] * 3,
        "pure": lambda: [
            signal._senders[make_id(sender)],
            signal._receivers[make_id(receiver)],
            signal._any.plan.entries[1],
        ],
    }[core]()
    for held, holder in zip((sender, receiver, in_its_place), holders):
        assert any(found is holder for found in gc.get_referrers(held))


def test_namespaces_are_collected(signals: ModuleType, collect: Callable[[], None]) -> None:
    namespace = signals.Namespace()
    signal = namespace.signal("ready")
    signal.connect(lambda sender, held=namespace: held, weak=False)
    signal.connect(namespace.signal, "sender", weak=False)
    signal.namespace = namespace
    alive = weakref.ref(signal)
    del namespace, signal
    collect()
    assert alive() is None

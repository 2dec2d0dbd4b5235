"""The garbage collector frees signals, receivers and senders that hold each other, whatever the shape of the cycle."""

from __future__ import annotations

import copy
import weakref
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from support.cores import queue_a_change_of_a_freed_table
from support.helpers import Thing, awaitable, by_send, function
from support.workloads import coroutine, observer, waits


class Slotted:
    """A receiver, or a sender, without weak references."""

    __slots__ = ("held",)

    def __init__(self, *held: Any) -> None:
        self.held: Any = held

    def __call__(self, sender: Any, **kwargs: Any) -> Any: ...

    method = __call__


class Cycles:
    """Each method makes cycles through the signal, and returns what must be freed with it."""

    def __init__(self, signal: Any) -> None:
        self.signal = signal

    def hold(self, obj: Any) -> Any:
        """Return the object, which holds the signal from now on."""
        obj.signal = self.signal
        return obj

    def receiver(self) -> list[Any]:
        signal = self.signal

        def receiver(sender: Any, **kwargs: Any) -> Any:
            return signal

        signal.connect(receiver, weak=False)
        return [receiver]

    def receiver_and_sender(self) -> list[Any]:
        receiver, sender = self.hold(function()), self.hold(Thing())
        sender.receiver, receiver.sender = receiver, sender
        self.signal.connect(receiver, sender, weak=False)
        return [receiver, sender]

    def method_of_the_signal(self) -> list[Any]:
        self.signal.connect(self.signal.has_receivers_for, weak=False)
        self.signal.connect(self.signal.has_receivers_for, "sender", weak=False)
        return []

    def receivers_without_weak_references(self) -> list[Any]:
        self.signal.connect(Slotted(self.signal), weak=False)
        self.signal.connect(Slotted(self.signal).method, "sender", weak=False)
        return []

    def dictionary_of_receivers(self) -> list[Any]:
        receiver = self.hold(function())
        self.signal.connect(receiver, weak=False)
        self.signal.saved, self.signal.copied = self.signal.receivers, copy.copy(self.signal.receivers)
        self.signal.receivers = {}
        return [receiver]

    def observers(self) -> list[Any]:
        connected, disconnected = self.signal.receiver_connected, self.signal.receiver_disconnected
        connected.connect(self.hold(function()), self.signal, weak=False)
        disconnected.connect(self.signal.disconnect, weak=False)
        return [connected, disconnected]

    def two_signals(self) -> list[Any]:
        other = type(self.signal)()
        self.signal.connect(other.has_receivers_for, weak=False)
        other.connect(self.signal.has_receivers_for, self.signal, weak=False)
        other.send(self.signal)
        return [other]

    def blocks(self) -> list[Any]:
        self.signal.blocks = [self.signal.muted(), self.signal.connected_to(self.hold(function()))]
        for block in self.signal.blocks:
            block.__enter__()
        return []

    def generator(self) -> list[Any]:
        self.signal.connect(Slotted(self.signal), weak=False)
        self.signal.generator = self.signal.receivers_for(self.signal)
        next(self.signal.generator)
        return []

    def generators_of_a_dropped_snapshot(self) -> list[Any]:
        receiver, canary = Slotted(), Thing()
        self.signal.connect(receiver, weak=False)
        self.signal.connect(observer, weak=False)
        generators = [self.signal.receivers_for(None) for _ in range(3)]
        for generator in generators:
            next(generator)
        receiver.held = generators, canary
        self.signal.disconnect(receiver)
        return [canary]

    def suspended_coroutine(self) -> list[Any]:
        self.signal.connect(coroutine, Slotted(self.signal))
        self.signal.connect(waits)
        self.signal.sending = self.signal.send_async(_sync_wrapper=awaitable)
        self.signal.sending.send(None)
        return []


CYCLES = [name for name in vars(Cycles) if name != "hold" and not name.startswith("_")]


@pytest.mark.parametrize("sent", [False, True], ids=["fresh", "sent"])
@pytest.mark.parametrize("cycle", CYCLES)
def test_cycle_is_collected(signals: ModuleType, collect: Callable[[], None], cycle: str, sent: bool) -> None:
    signal = signals.Signal()
    alive = [weakref.ref(obj) for obj in (*getattr(Cycles(signal), cycle)(), signal)]
    if sent:  # with snapshots
        signal.send(signal, _async_wrapper=lambda receiver: observer)
        signal.send("sender", _async_wrapper=lambda receiver: observer)
    del signal
    collect()
    assert [reference() for reference in alive] == [None] * len(alive)


def test_a_change_of_a_freed_signal_does_not_stop_the_others(signals: ModuleType) -> None:
    signal, receiver = signals.Signal(), function()
    queue_a_change_of_a_freed_table()
    signal.connect(receiver)
    assert by_send(signal) == [receiver]
    assert signal.connections()[0].receiver is receiver

"""How long receivers live: weak and strong connections, and the death of a receiver."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from support.helpers import (
    Collect,
    Thing,
    assert_untouched,
    by_receivers_for,
    by_send,
    by_send_async,
    function,
)

from aldis import ANY
from aldis.signals import make_id


def published_weakly(signal: Any) -> list[bool]:
    """Return for each receiver whether ``receivers`` holds a weak reference to it."""
    return [isinstance(value, weakref.ref) for value in signal.receivers.values()]


@pytest.mark.parametrize("make", [function, lambda: Thing().method], ids=["function", "method"])
@pytest.mark.parametrize("sender", [ANY, "sender", 0])
def test_a_weak_receiver_dies(signals: ModuleType, collect: Collect, make: Callable[[], Any], sender: Any) -> None:
    signal, receivers, stays = signals.Signal(), [make()], function()
    signal.connect(receivers[0], sender)
    signal.connect(receivers[0], "other")
    signal.connect(stays, sender)
    for dispatch in (by_send, by_send_async, by_receivers_for):
        assert len(dispatch(signal, sender)) == 2
    alive = weakref.ref(getattr(receivers[0], "__self__", receivers[0]))
    receivers.clear()
    collect()
    assert alive() is None, "sending keeps no receiver alive"
    assert by_send(signal, sender) == [stays]
    assert signal.has_receivers_for("other") is (sender is ANY)
    assert len(signal.receivers) == len(signal._by_receiver) == 1
    del stays
    collect()
    assert_untouched(signal, sender, "other")


@pytest.mark.parametrize("weak", [["a"], ["b"], [ANY], ["a", ANY], []], ids=str)
def test_a_receiver_lives_while_one_of_its_connections_is_strong(
    signals: ModuleType, collect: Collect, weak: list[Any]
) -> None:
    signal, receivers = signals.Signal(), [function()]
    senders = [ANY, "b", "a"] if "a" in weak else ["a", "b", ANY]
    alive = weakref.ref(receivers[0])
    for sender in senders:
        signal.connect(receivers[0], sender, weak=sender in weak)
    receivers.clear()
    for sender in senders:
        if sender not in weak and sender is not ANY:
            collect()
            assert published_weakly(signal) == [False]
            assert len(by_send(signal, "a")) == len(by_send(signal, "b")) == 1, "all its connections live"
            signal.disconnect(alive(), sender)
    collect()
    assert (alive() is None) == (ANY in weak)
    if ANY in weak:
        assert_untouched(signal, "a", "b")
    else:
        assert set(by_send(signal, "a")) == {alive()}


@pytest.mark.parametrize("make", [function, lambda: Thing().method], ids=["function", "method"])
def test_a_new_object_at_the_address_of_a_dead_receiver_is_another_receiver(
    signals: ModuleType, collect: Collect, make: Callable[[], Any]
) -> None:
    signal = signals.Signal()
    for _ in range(5):
        signal.connect(make())
        collect()
        new = make()
        assert by_send(signal) == []
        assert make_id(new) not in signal.receivers
        signal.connect(make())
        receiver = signal.connect(make())
        collect()
        assert by_send(signal) == [receiver]
        del receiver
        collect()
        assert_untouched(signal)


def test_a_signal_that_is_saved_by_a_finalizer_still_works(signals: ModuleType, collect: Collect) -> None:
    saved: list[Any] = []

    class Saved(signals.Signal):  # type: ignore[misc, name-defined]
        def __del__(self) -> None:
            saved.append(self)

    receiver, mortal = function(), [function()]
    made = Saved()
    made.itself = made
    made.connect(receiver)
    del made
    collect()
    signal = saved.pop()
    by_send(signal)
    signal.connect(receiver)  # Python clears the weak references of what it takes for garbage
    signal.connect(mortal[0])
    assert by_send(signal) == [receiver, *mortal]
    mortal.clear()
    collect()
    assert len(signal.receivers) == 1
    assert by_send(signal) == [receiver]
    signal.receivers.clear()
    assert by_send(signal) == []
    signal.disconnect(receiver)
    assert_untouched(signal)
    del signal.itself

"""Asking who would be called: ``receivers_for`` and ``has_receivers_for``."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from dispatch import Thing, by_send, function

from aldis import ANY

THING = Thing()
SENDERS = [ANY, None, 0, "sender", b"sender", THING, THING.method]


@pytest.mark.parametrize("connected", SENDERS)
@pytest.mark.parametrize("asked", SENDERS)
def test_who_is_connected(signals: ModuleType, connected: Any, asked: Any) -> None:
    signal, receiver = signals.Signal(), function()
    signal.connect(receiver, connected)
    found = connected is ANY or asked == connected
    assert list(signal.receivers_for(asked)) == ([receiver] if found else [])
    assert signal.has_receivers_for(asked) is found
    assert by_send(signal, asked) == ([receiver] if found else [])


@pytest.mark.parametrize("asked", SENDERS)
def test_nobody_is_connected(signals: ModuleType, asked: Any) -> None:
    signal = signals.Signal()
    assert list(signal.receivers_for(asked)) == []
    assert signal.has_receivers_for(asked) is False


def test_any_stands_for_the_receivers_of_any_alone(signals: ModuleType) -> None:
    signal, of_any, of_one, of_both = signals.Signal(), function(), function(), function()
    signal.connect(of_one, "sender")
    assert signal.has_receivers_for(ANY) is False
    signal.connect(of_any)
    signal.connect(of_both, "sender")
    signal.connect(of_both)
    assert signal.has_receivers_for(ANY) is True
    assert list(signal.receivers_for(ANY)) == by_send(signal, ANY) == [of_any, of_both]


@pytest.mark.parametrize("keyword", ["receivers_for", "has_receivers_for"])
def test_sender_has_no_default(signals: ModuleType, keyword: str) -> None:
    ask = getattr(signals.Signal(), keyword)
    with pytest.raises(TypeError):
        ask()
    assert not (list(answer) if inspect.isgenerator(answer := ask(sender="sender")) else answer)


def test_receivers_for_is_a_generator(signals: ModuleType) -> None:
    signal = signals.Signal()
    assert inspect.isgeneratorfunction(signals.Signal.receivers_for)
    assert inspect.isgenerator(signal.receivers_for(None))


@pytest.mark.parametrize("sender", [ANY, "sender"])
def test_it_decides_at_the_first_step(signals: ModuleType, sender: Any) -> None:
    signal, gone, first, late = signals.Signal(), function(), function(), function()
    signal.connect(gone, sender)
    found = signal.receivers_for("sender")
    signal.disconnect(gone)
    signal.connect(first, sender)
    assert next(found) is first
    signal.connect(late, sender)
    assert list(found) == []
    assert list(signal.receivers_for("sender")) == [first, late]


def test_it_leaves_out_who_is_gone_by_then(signals: ModuleType, collect: Callable[[], None]) -> None:
    signal, kept, mortal = signals.Signal(), [function() for _ in range(4)], [function()]
    first, second, third, last = kept
    for receiver in (first, second, *mortal, third, last):
        signal.connect(receiver, "sender")
    del receiver
    found = signal.receivers_for("sender")
    assert next(found) is first
    signal.disconnect(second, "sender")
    mortal.clear()
    signal.disconnect(third)
    collect()
    assert list(found) == [last]


def test_it_may_be_left_half_way(signals: ModuleType, collect: Callable[[], None]) -> None:
    signal, receivers = signals.Signal(), [function() for _ in range(3)]
    for receiver in receivers:
        signal.connect(receiver)
    found = signal.receivers_for(None)
    assert next(found) is receivers[0]
    found.close()
    assert by_send(signal) == receivers


def test_the_dead_are_not_counted(signals: ModuleType, collect: Callable[[], None]) -> None:
    signal, mortal, sender = signals.Signal(), [function()], [Thing()]
    signal.connect(mortal[0], "sender")
    signal.connect(kept := function(), sender[0])
    assert signal.has_receivers_for("sender")
    mortal.clear()
    collect()
    assert not signal.has_receivers_for("sender")
    assert signal.has_receivers_for(sender[0])
    sender.clear()
    collect()
    assert not signal.receivers, kept


def test_what_is_disconnected_is_not_counted(signals: ModuleType) -> None:
    signal, receiver, other = signals.Signal(), function(), function()
    signal.connect(receiver, "a")
    signal.connect(receiver, "b")
    signal.connect(other, "a")
    signal.disconnect(receiver, "a")
    assert signal.has_receivers_for("a")
    signal.disconnect(other, "a")
    assert not signal.has_receivers_for("a")
    assert signal.has_receivers_for("b")
    assert len(signal.receivers) == 1
    signal.disconnect(receiver, "b")
    assert not signal.has_receivers_for("b")
    assert not signal.receivers

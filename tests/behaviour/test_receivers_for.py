"""``receivers_for`` and ``has_receivers_for``: which receivers a send would call."""

from __future__ import annotations

import inspect
from types import ModuleType
from typing import Any

import pytest
from support.helpers import Collect, Thing, by_send, function

from aldis import ANY

THING = Thing()
SENDERS = [ANY, None, 0, "sender", b"sender", THING, THING.method]


@pytest.mark.parametrize("connected", SENDERS)
@pytest.mark.parametrize("asked", SENDERS)
def test_both_agree_with_send(signals: ModuleType, connected: Any, asked: Any) -> None:
    signal, receiver = signals.Signal(), function()
    assert list(signal.receivers_for(asked)) == []
    assert signal.has_receivers_for(asked) is False
    signal.connect(receiver, connected)
    found = connected is ANY or asked == connected
    assert list(signal.receivers_for(asked)) == by_send(signal, asked) == ([receiver] if found else [])
    assert signal.has_receivers_for(asked) is found


def test_asking_for_any_finds_only_the_receivers_of_any(signals: ModuleType) -> None:
    signal, of_any, of_one, of_both = signals.Signal(), function(), function(), function()
    signal.connect(of_one, "sender")
    assert signal.has_receivers_for(ANY) is False
    signal.connect(of_any)
    signal.connect(of_both, "sender")
    signal.connect(of_both)
    assert signal.has_receivers_for(ANY) is True
    assert list(signal.receivers_for(ANY)) == by_send(signal, ANY) == [of_any, of_both]


@pytest.mark.parametrize("sender", [ANY, "sender"])
def test_receivers_for_is_a_generator_that_takes_its_snapshot_at_the_first_next(
    signals: ModuleType, sender: Any
) -> None:
    signal, gone, first, late = signals.Signal(), function(), function(), function()
    assert inspect.isgeneratorfunction(signals.Signal.receivers_for)
    signal.connect(gone, sender)
    found = signal.receivers_for("sender")
    assert inspect.isgenerator(found)
    signal.disconnect(gone)
    signal.connect(first, sender)
    assert next(found) is first
    signal.connect(late, sender)
    assert list(found) == []
    assert list(signal.receivers_for("sender")) == [first, late]


def test_receivers_for_skips_receivers_that_are_disconnected_or_dead_by_then(
    signals: ModuleType, collect: Collect
) -> None:
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

"""The private attributes of blinker's signals that some programs and blinker's own tests use."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from support.helpers import Thing, assert_untouched, by_send, every_way, function

from aldis import ANY
from aldis.signals import ANY_ID, make_id

SENDERS: list[Any] = [ANY, None, 0, "sender", [], Thing(), Thing().method]


def test_disconnect_by_identity(signals: ModuleType) -> None:
    signal, receiver, other = signals.Signal(), Thing().method, function()
    for sender in ("a", "b", 0, ANY):
        signal.connect(receiver, sender, weak=False)
        signal.connect(other, sender)
    signal._disconnect(make_id(receiver), make_id("a"))
    signal._disconnect(make_id(receiver), make_id(0))
    assert make_id(receiver) not in signal._by_sender[make_id("a")]
    assert by_send(signal, "a") == [other, receiver], "only the connection to ANY is left"
    for _ in range(2):
        signal._disconnect(make_id(receiver), ANY_ID)
        assert by_send(signal, "b") == [other]
    signal._disconnect(make_id(other), ANY_ID)
    signal._disconnect("unknown", ANY_ID)
    assert_untouched(signal, "a", "b", 0)


@every_way
def test_clear_state_removes_all_connections(signals: ModuleType, dispatch: Callable[..., Any]) -> None:
    signal, later = signals.Signal(), Thing().method

    def first(sender: Any) -> None:
        signal._clear_state()

    for sender in SENDERS:
        for receiver in (first, later):
            signal.connect(receiver, sender, weak=False)
    assert dispatch(signal, "sender") == [first], "no later receiver is called"
    assert_untouched(signal, *SENDERS)
    signal.connect(later, "sender")
    assert by_send(signal, "sender") == [later]


def test_tables_hold_the_connections(signals: ModuleType) -> None:
    signal, receiver, other, thing, kept = signals.Signal(), function(), function(), Thing(), [1]
    for sender in (ANY, "a", 0, thing, kept, thing.method):
        signal.connect(receiver, sender)
    signal.connect(other, "a")
    key, other_key = make_id(receiver), make_id(other)
    senders = {make_id(sender) for sender in ("a", 0, thing, kept, thing.method)}
    assert signal._by_receiver == {key: {ANY_ID, *senders}, other_key: {make_id("a")}}
    assert signal._by_sender == {ANY_ID: {key}, **{s: {key} for s in senders}, make_id("a"): {key, other_key}}
    assert signal._weak_senders.keys() == {make_id(thing), make_id(thing.method)}
    assert signal._weak_senders[make_id(thing)]() is thing
    assert signal._weak_senders[make_id(thing.method)]() == thing.method


@pytest.mark.parametrize("name", ["_by_sender", "_by_receiver"])
def test_tables_have_an_empty_set_for_an_unknown_key(signals: ModuleType, name: str) -> None:
    signal = signals.Signal()
    signal.connect(receiver := function(), "sender")
    assert getattr(signal, name)[make_id("unknown")] == set()
    assert len(getattr(signal, name)) == 1
    signal.disconnect(receiver)
    assert_untouched(signal)

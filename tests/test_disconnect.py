"""Disconnecting: what ends, when it takes effect, and the ways that lead there."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from dispatch import Receiver, Thing, assert_untouched, by_send, every_way, function, tables

from aldis import ANY
from aldis._identity import ANY_ID, make_id

SENDERS: list[Any] = [ANY, None, 0, False, 1, "", "sender", b"sender", [], Thing(), Thing().method]


@pytest.mark.parametrize("weak", [True, False])
@pytest.mark.parametrize("sender", SENDERS)
def test_disconnect_a_pair(signals: ModuleType, sender: Any, weak: bool) -> None:
    signal, receiver = signals.Signal(), function()
    signal.connect(receiver, sender, weak)
    assert signal.disconnect(receiver, sender) is None
    assert_untouched(signal, sender)


@pytest.mark.parametrize("arguments", [(), (ANY,)])
def test_disconnect_from_all_senders(signals: ModuleType, arguments: Any) -> None:
    signal, receiver, other = signals.Signal(), function(), function()
    for sender in SENDERS:
        signal.connect(receiver, sender)
        signal.connect(other, sender)
    signal.disconnect(receiver, *arguments)
    for sender in SENDERS:
        assert by_send(signal, sender) == [other]
    signal.disconnect(receiver=other)
    assert_untouched(signal, *SENDERS)


@pytest.mark.parametrize("sender", SENDERS[1:])
def test_disconnect_from_one_sender_leaves_the_others(signals: ModuleType, sender: Any) -> None:
    signal, receiver = signals.Signal(), function()
    signal.connect(receiver, "other")
    before = tables(signal)
    signal.connect(receiver, sender)
    signal.disconnect(receiver, sender)
    assert tables(signal) == before
    signal.connect(receiver)
    signal.disconnect(receiver, sender=sender)
    assert by_send(signal, sender) == [receiver], "still connected to ANY"


@pytest.mark.parametrize("sender", SENDERS)
def test_disconnecting_what_is_not_connected(signals: ModuleType, sender: Any) -> None:
    signal, receiver = signals.Signal(), function()
    signal.disconnect(receiver, sender)
    signal.disconnect(42, sender)
    assert_untouched(signal, sender)

    signal.connect(receiver, "other")
    before = tables(signal)
    signal.disconnect(function(), sender)
    if sender is not ANY:
        signal.disconnect(receiver, sender)
    assert tables(signal) == before


def test_any_is_not_a_sender_among_others(signals: ModuleType) -> None:
    signal, receiver = signals.Signal(), function()
    signal.connect(receiver)
    signal.disconnect(receiver, "sender")
    assert by_send(signal, "sender") == [receiver]


# While a dispatch runs


@every_way
@pytest.mark.parametrize("sender", [ANY, "sender"])
@pytest.mark.parametrize("scope", [ANY, "sender"])
def test_no_call_begins_after_disconnect(
    signals: ModuleType, dispatch: Callable[..., Any], sender: Any, scope: Any
) -> None:
    signal, later, last = signals.Signal(), function(), function()

    def first(sender: Any) -> None:
        signal.disconnect(later, scope)

    for receiver in (first, later, last):
        signal.connect(receiver, sender)
    ends = scope is ANY or sender == scope
    assert dispatch(signal, "sender") == ([first, last] if ends else [first, later, last])
    assert dispatch(signal, "sender") == ([first, last] if ends else [first, later, last])


@every_way
@pytest.mark.parametrize("scope", [ANY, "sender", "other"])
def test_a_receiver_with_two_pairs_is_called_for_the_one_that_is_left(
    signals: ModuleType, dispatch: Callable[..., Any], scope: Any
) -> None:
    for senders in ([ANY, "sender"], ["sender", ANY]):
        signal, later = signals.Signal(), function()

        def first(sender: Any, signal: Any = signal, later: Any = later) -> None:
            signal.disconnect(later, scope)

        signal.connect(first)
        for sender in senders:
            signal.connect(later, sender)
        assert dispatch(signal, "sender") == ([first] if scope is ANY else [first, later])


@every_way
@pytest.mark.parametrize("sender", [ANY, "sender"])
def test_a_receiver_that_is_connected_again_by_then_is_called(
    signals: ModuleType, dispatch: Callable[..., Any], sender: Any
) -> None:
    signal, later = signals.Signal(), function()

    @signal.connect  # type: ignore[untyped-decorator]
    def first(_: Any) -> None:
        signal.disconnect(later)
        signal.connect(later, sender)

    signal.connect(later, sender)
    assert dispatch(signal, "sender") == [first, later]


@every_way
def test_a_receiver_disconnects_itself(signals: ModuleType, dispatch: Callable[..., Any]) -> None:
    signal, last = signals.Signal(), function()

    def once(sender: Any) -> None:
        signal.disconnect(once)

    signal.connect(once)
    signal.connect(last)
    assert dispatch(signal) == [once, last]
    assert dispatch(signal) == [last]


@every_way
def test_everything_ends_while_a_dispatch_runs(signals: ModuleType, dispatch: Callable[..., Any]) -> None:
    signal, later = signals.Signal(), function()

    def first(sender: Any) -> None:
        signal._clear_state()

    signal.connect(first, "sender")
    signal.connect(later, "sender")
    assert dispatch(signal, "sender") == [first]


@every_way
def test_outer_dispatches_see_it_too(signals: ModuleType, dispatch: Callable[..., Any]) -> None:
    signal, later = signals.Signal(), function()

    def first(sender: Any) -> None:
        if sender:
            assert dispatch(signal, sender - 1) == [first]
        else:
            signal.disconnect(later)

    signal.connect(first)
    signal.connect(later)
    assert dispatch(signal, 3) == [first]


@every_way
@pytest.mark.parametrize("scope", [ANY, "sender"])
def test_another_thread_disconnects(signals: ModuleType, dispatch: Callable[..., Any], scope: Any) -> None:
    signal, later = signals.Signal(), function()

    def first(sender: Any) -> None:
        thread = threading.Thread(target=signal.disconnect, args=(later, scope), daemon=True)
        thread.start()
        thread.join(30)
        assert not thread.is_alive()

    signal.connect(first, "sender")
    signal.connect(later, "sender")
    assert dispatch(signal, "sender") == [first]


# For those who reach in


def test_disconnect_by_identity(signals: ModuleType) -> None:
    signal, receiver, other = signals.Signal(), Thing().method, function()
    for sender in ("a", "b", 0, ANY):
        signal.connect(receiver, sender, weak=False)
        signal.connect(other, sender)
    signal._disconnect(make_id(receiver), make_id("a"))
    signal._disconnect(make_id(receiver), make_id(0))
    assert make_id(receiver) not in signal._by_sender[make_id("a")]
    assert by_send(signal, "a") == [other, receiver], "the one pair is gone, and that with ANY is left"
    signal._disconnect(make_id(receiver), ANY_ID)
    signal._disconnect(make_id(receiver), ANY_ID)
    assert by_send(signal, "b") == [other]
    signal._disconnect(make_id(other), ANY_ID)
    assert_untouched(signal, "a", "b", 0)


def test_clear_state(signals: ModuleType) -> None:
    signal, receivers = signals.Signal(), [function(), Thing().method, print]
    for sender in SENDERS:
        for receiver in receivers:
            signal.connect(receiver, sender, weak=False)
    signal._clear_state()
    assert_untouched(signal, *SENDERS)
    signal.connect(receivers[0], "sender")
    assert by_send(signal, "sender") == receivers[:1]


def test_there_is_nothing_to_clean_up(signals: ModuleType) -> None:
    signal, receiver = signals.Signal(), function()
    signal.connect(receiver, "sender")
    before = tables(signal)
    assert signal._cleanup_bookkeeping() is None
    assert tables(signal) == before


@pytest.mark.parametrize("name", ["_by_sender", "_by_receiver", "_weak_senders"])
def test_tables_are_snapshots(signals: ModuleType, name: str) -> None:
    signal, sender = signals.Signal(), Thing()
    receiver: Receiver = signal.connect(function(), sender, weak=False)
    table = getattr(signal, name)
    assert len(table) == 1
    with pytest.raises(TypeError):
        table["key"] = "value"
    with pytest.raises(TypeError):
        del table[next(iter(table))]
    for bucket in table.values():
        if isinstance(bucket, set):
            bucket.clear()
    assert by_send(signal, sender) == [receiver]
    signal.disconnect(receiver)
    assert len(table) == 1
    assert getattr(signal, name) == {}


def test_tables_tell_who_is_connected(signals: ModuleType) -> None:
    signal, receiver, other, thing, kept = signals.Signal(), function(), function(), Thing(), [1]
    for sender in (ANY, "a", 0, thing, kept, thing.method):
        signal.connect(receiver, sender)
    signal.connect(other, "a")
    me, it, every = make_id(receiver), make_id(other), {make_id(s) for s in ("a", 0, thing, kept, thing.method)}
    assert signal._by_receiver == {me: {ANY_ID, *every}, it: {make_id("a")}}
    assert signal._by_sender == {ANY_ID: {me}, **{sender: {me} for sender in every}, make_id("a"): {me, it}}
    assert signal._weak_senders.keys() == {make_id(thing), make_id(thing.method)}
    assert signal._weak_senders[make_id(thing)]() is thing
    assert signal._weak_senders[make_id(thing.method)]() == thing.method

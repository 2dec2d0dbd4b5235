"""``disconnect``: which connections it removes, and that no send calls a receiver after it returns."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
from support.helpers import Dispatch, Thing, assert_untouched, by_send, every_way, function, tables

from aldis import ANY

SENDERS: list[Any] = [ANY, None, 0, "", "sender", b"sender", [], Thing(), Thing().method]
every_sender = pytest.mark.parametrize("sender", SENDERS)
scopes = pytest.mark.parametrize("scope", [ANY, "sender"], ids=["disconnect from all", "disconnect from the sender"])


@pytest.mark.parametrize("arguments", [(), (ANY,)])
def test_disconnect_from_any_removes_all_connections(signals: ModuleType, arguments: Any) -> None:
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
def test_disconnect_from_a_sender_leaves_other_connections(signals: ModuleType, sender: Any) -> None:
    signal, receiver = signals.Signal(), function()
    signal.connect(receiver, "other")
    before = tables(signal)
    signal.connect(receiver, sender)
    signal.disconnect(receiver, sender)
    assert tables(signal) == before
    signal.connect(receiver)
    signal.disconnect(receiver, sender=sender)
    assert by_send(signal, sender) == [receiver], "the connection to ANY is left"


@every_sender
def test_disconnect_ignores_receivers_that_are_not_connected(signals: ModuleType, sender: Any) -> None:
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


# During a send


@every_way
@pytest.mark.parametrize("sender", [ANY, "sender"])
@scopes
def test_disconnect_during_send_skips_the_receiver(
    signals: ModuleType, dispatch: Dispatch, sender: Any, scope: Any
) -> None:
    signal, later, last = signals.Signal(), function(), function()

    def first(_: Any) -> None:
        signal.disconnect(later, scope)

    for receiver in (first, later, last):
        signal.connect(receiver, sender)
    expected = [first, last] if scope in (ANY, sender) else [first, later, last]
    assert dispatch(signal, "sender") == expected
    assert dispatch(signal, "sender") == expected


@every_way
@pytest.mark.parametrize("scope", [ANY, "sender", "other"])
@pytest.mark.parametrize("senders", [[ANY, "sender"], ["sender", ANY]])
def test_disconnect_during_send_leaves_the_other_connection_of_a_receiver(
    signals: ModuleType, dispatch: Dispatch, senders: list[Any], scope: Any
) -> None:
    signal, later = signals.Signal(), function()

    def first(_: Any) -> None:
        signal.disconnect(later, scope)

    signal.connect(first)
    for sender in senders:
        signal.connect(later, sender)
    assert dispatch(signal, "sender") == ([first] if scope is ANY else [first, later])

"""``muted()`` and ``is_muted``."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from support.helpers import awaitable, by_receivers_for, by_send, by_send_async, finish, function, in_threads


def connected(signals: ModuleType) -> tuple[Any, Any]:
    signal, receiver = signals.Signal(), function()
    return signal, signal.connect(receiver)


def test_a_muted_signal_calls_no_receiver(signals: ModuleType) -> None:
    signal, receiver = connected(signals)
    other, other_receiver = connected(signals)
    assert signal.is_muted is False
    with signal.muted() as given:
        assert given is None
        assert signal.is_muted is True
        assert signal.send("sender", a=1) == finish(signal.send_async("sender", _sync_wrapper=awaitable)) == []
        assert by_send(other) == [other_receiver]
    assert signal.is_muted is False
    assert by_send(signal) == by_send_async(signal) == [receiver]


def test_a_muted_signal_still_lists_its_receivers(signals: ModuleType) -> None:
    signal, receiver = connected(signals)
    with signal.muted():
        assert by_receivers_for(signal) == list(signal.receivers_for(None)) == [receiver]
        assert signal.has_receivers_for("sender")
        assert signal.receivers


@pytest.mark.threads
def test_many_threads_can_mute_at_once(signals: ModuleType) -> None:
    signal, receiver = connected(signals)

    def work() -> None:
        for _ in range(500):
            with signal.muted():
                assert signal.is_muted
                assert signal.send() == []

    in_threads(work)
    assert by_send(signal) == [receiver]


# is_muted


@pytest.mark.parametrize(("value", "muted"), [(True, True), (1, True), (False, False), (0, False)])
def test_is_muted_can_be_assigned(signals: ModuleType, value: object, muted: bool) -> None:
    signal, receiver = connected(signals)
    signal.is_muted = value
    assert signal.is_muted == muted
    for _ in range(2):
        assert by_send(signal) == by_send_async(signal) == ([] if muted else [receiver])
        with signal.muted():
            assert by_send(signal) == []
        assert signal.is_muted == muted, "a block restores the assigned value"
    signal.is_muted = False
    assert by_send(signal) == [receiver]


def test_assigning_false_ends_all_muting(signals: ModuleType) -> None:
    signal, receiver = connected(signals)
    with signal.muted():
        with signal.muted():
            signal.is_muted = False
            assert by_send(signal) == [receiver]
        assert by_send(signal) == [receiver]
    assert by_send(signal) == [receiver]
    assert signal.is_muted is False


# When a send looks at it


@pytest.mark.parametrize("send", [by_send, by_send_async])
def test_muting_during_send_takes_effect_at_the_next_send(signals: ModuleType, send: Callable[..., Any]) -> None:
    signal, last = signals.Signal(), function()

    def first(sender: Any) -> None:
        signal.is_muted = True

    signal.connect(first)
    signal.connect(last)
    assert send(signal) == [first, last]
    assert send(signal) == []


def test_send_async_looks_at_the_first_await(signals: ModuleType) -> None:
    signal, receiver = connected(signals)
    made_before, made_before_too = (signal.send_async(_sync_wrapper=awaitable) for _ in range(2))
    signal.is_muted = True
    assert finish(made_before) == []
    made_while_muted = signal.send_async(_sync_wrapper=awaitable)
    signal.is_muted = False
    assert finish(made_before_too) == finish(made_while_muted) == [(receiver, None)]

"""``receiver_connected`` and ``receiver_disconnected``, the signals about a signal."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from support.helpers import Collect, Thing, assert_untouched, by_send, function, tables

from aldis import ANY

NAMES = ["receiver_connected", "receiver_disconnected"]
SENDERS = [ANY, None, 0, "sender", Thing(), Thing().method]


def watch(signal: Any) -> list[tuple[str, Any, dict[str, Any]]]:
    """Return a list that records what the observers of the signal get."""
    seen: list[tuple[str, Any, dict[str, Any]]] = []
    for name in NAMES:
        getattr(signal, name).connect(lambda s, n=name, **kwargs: seen.append((n, s, kwargs)), weak=False)
    return seen


def connected(signal: Any, receiver: Any, sender: Any, weak: bool) -> tuple[str, Any, dict[str, Any]]:
    return "receiver_connected", signal, {"receiver": receiver, "sender": sender, "weak": weak}


def disconnected(signal: Any, receiver: Any, sender: Any) -> tuple[str, Any, dict[str, Any]]:
    return "receiver_disconnected", signal, {"receiver": receiver, "sender": sender}


@pytest.mark.parametrize("name", NAMES)
def test_observers_are_made_on_first_use(signals: ModuleType, name: str) -> None:
    signal = signals.NamedSignal("name")
    signal.connect(receiver := function())
    signal.disconnect(receiver)
    assert not set(NAMES) & set(vars(signal))
    observer = getattr(signal, name)
    assert type(observer) is signals.Signal
    assert observer is getattr(signal, name)
    assert observer is not getattr(signals.Signal(), name)
    assert observer.__doc__ != signals.Signal.__doc__
    assert f"{name.removeprefix('receiver_').removesuffix('ed')}s" in observer.__doc__
    assert getattr(signals.Signal, name).__doc__


@pytest.mark.parametrize("weak", [True, False])
@pytest.mark.parametrize("sender", SENDERS)
def test_connect_and_disconnect_are_observed(signals: ModuleType, sender: Any, weak: bool) -> None:
    signal, receiver = signals.Signal(), function()
    seen = watch(signal)
    for _ in range(2):
        signal.connect(receiver, sender, weak)
    assert seen == [connected(signal, receiver, sender, weak)] * 2
    for _ in range(2):
        signal.disconnect(receiver, sender)
    assert seen[2:] == [disconnected(signal, receiver, sender)] * 2, "also when nothing was connected"


def test_other_ends_of_connections_are_not_observed(signals: ModuleType, collect: Collect) -> None:
    signal, receiver = signals.Signal(), function()
    seen = watch(signal)
    signal.connect(function())
    signal.connect(receiver, Thing())
    seen.clear()  # it kept them alive
    collect()
    assert_untouched(signal)
    signal.connect(receiver)
    signal.receivers.clear()
    signal._clear_state()
    assert {name for name, _, _ in seen} == {"receiver_connected"}


# Observers that raise

every_error = pytest.mark.parametrize("error", [TypeError, ValueError, KeyboardInterrupt])
WAYS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "connect": lambda signal, receiver, sender: signal.connect(receiver, sender),
    "connect strongly": lambda signal, receiver, sender: signal.connect(receiver, sender, weak=False),
    "connect_via": lambda signal, receiver, sender: signal.connect_via(sender)(receiver),
    "connected_to": lambda signal, receiver, sender: signal.connected_to(receiver, sender).__enter__(),
}
BEFORE: list[list[tuple[Any, bool]]] = [
    [],
    [("other", True)],
    [("other", False)],
    [(ANY, True), ("other", False)],
    [("sender", True)],
    [("sender", False)],
]


@every_error
@pytest.mark.parametrize("connect", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("sender", [ANY, "sender"])
@pytest.mark.parametrize("before", BEFORE, ids=str)
def test_an_exception_undoes_only_the_new_connection(
    signals: ModuleType,
    error: type[BaseException],
    connect: Callable[[Any, Any, Any], Any],
    sender: Any,
    before: list[tuple[Any, bool]],
) -> None:
    signal, receiver, bystander, raised = signals.Signal(), function(), function(), error("oh")
    for other, weak in before:
        signal.connect(receiver, other, weak)
    signal.connect(bystander)
    state, called = tables(signal), by_send(signal, "sender")

    def raises(observed: Any, **kwargs: Any) -> None:
        assert receiver in by_send(signal, sender)
        raise raised

    signal.receiver_connected.connect(raises)
    with pytest.raises(error) as caught:
        connect(signal, receiver, sender)
    assert caught.value is raised
    assert tables(signal) == state
    assert by_send(signal, "sender") == called
    signal.disconnect(receiver)
    signal.disconnect(bystander)
    assert_untouched(signal, sender, "other")


@every_error
@pytest.mark.parametrize("sender", [ANY, "sender"])
def test_an_exception_does_not_undo_a_disconnect(signals: ModuleType, error: type[BaseException], sender: Any) -> None:
    signal, receiver = signals.Signal(), function()

    def raises(observed: Any, **kwargs: Any) -> None:
        raise error

    signal.receiver_disconnected.connect(raises)
    signal.connect(receiver, sender)
    with pytest.raises(error):
        signal.disconnect(receiver, sender)
    assert_untouched(signal, sender)
    with pytest.raises(error), signal.connected_to(receiver, sender):
        assert by_send(signal, sender) == [receiver]
    assert_untouched(signal, sender)

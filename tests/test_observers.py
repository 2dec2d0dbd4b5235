"""Signals about a signal: ``receiver_connected`` and ``receiver_disconnected``."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from dispatch import Thing, assert_untouched, by_send, function, tables

from aldis import ANY

NAMES = ["receiver_connected", "receiver_disconnected"]
SENDERS = [ANY, None, 0, "sender", b"sender", Thing(), Thing().method]


def watch(signal: Any) -> list[tuple[str, Any, dict[str, Any]]]:
    """Return a list that fills with what observers of the signal get."""
    seen: list[tuple[str, Any, dict[str, Any]]] = []
    for name in NAMES:
        getattr(signal, name).connect(lambda s, n=name, **kwargs: seen.append((n, s, kwargs)), weak=False)
    return seen


def connected(signal: Any, receiver: Any, sender: Any, weak: bool) -> tuple[str, Any, dict[str, Any]]:
    return "receiver_connected", signal, {"receiver": receiver, "sender": sender, "weak": weak}


def disconnected(signal: Any, receiver: Any, sender: Any) -> tuple[str, Any, dict[str, Any]]:
    return "receiver_disconnected", signal, {"receiver": receiver, "sender": sender}


@pytest.mark.parametrize("name", NAMES)
def test_they_are_made_on_first_use(signals: ModuleType, name: str) -> None:
    signal = signals.NamedSignal("name")
    signal.connect(receiver := function())
    signal.disconnect(receiver)
    assert not set(NAMES) & set(vars(signal))
    observer = getattr(signal, name)
    assert type(observer) is signals.Signal
    assert observer is getattr(signal, name)
    assert observer is not getattr(signals.Signal(), name)
    assert set(NAMES) & set(vars(signal)) == {name}
    assert observer.__doc__ != signals.Signal.__doc__
    assert f"{name.removeprefix('receiver_').removesuffix('ed')}s" in observer.__doc__
    assert getattr(signals.Signal, name).__doc__


@pytest.mark.parametrize("name", NAMES)
def test_threads_that_use_one_first_get_the_same(signals: ModuleType, name: str) -> None:
    signal, start, got = signals.Signal(), threading.Barrier(4), []

    def work() -> None:
        start.wait(30)
        got.append(getattr(signal, name))

    threads = [threading.Thread(target=work, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(got) == 4
    assert set(got) == {getattr(signal, name)}


@pytest.mark.parametrize("weak", [True, False])
@pytest.mark.parametrize("sender", SENDERS)
def test_connect_and_disconnect_are_told(signals: ModuleType, sender: Any, weak: bool) -> None:
    signal, receiver = signals.Signal(), function()
    seen = watch(signal)
    signal.connect(receiver, sender, weak)
    assert seen == [connected(signal, receiver, sender, weak)]
    signal.connect(receiver, sender, weak)
    assert seen == [connected(signal, receiver, sender, weak)] * 2
    signal.disconnect(receiver, sender)
    assert seen[2:] == [disconnected(signal, receiver, sender)]
    signal.disconnect(receiver, sender)
    assert seen[3:] == [disconnected(signal, receiver, sender)], "also when there was nothing to disconnect"


def test_all_explicit_ways_are_told(signals: ModuleType) -> None:
    signal, receiver = signals.Signal(), function()
    seen = watch(signal)
    signal.connect(receiver)
    signal.disconnect(receiver)
    assert seen == [connected(signal, receiver, ANY, True), disconnected(signal, receiver, ANY)]
    seen.clear()
    signal.connect_via("a")(receiver)
    signal.connect_via("b", weak=True)(receiver)
    assert seen == [connected(signal, receiver, "a", False), connected(signal, receiver, "b", True)]
    seen.clear()
    with signal.connected_to(receiver, "c"):
        assert seen == [connected(signal, receiver, "c", False)]
    assert seen[1:] == [disconnected(signal, receiver, "c")]


def test_connected_to_tells_of_no_end_that_is_none(signals: ModuleType) -> None:
    signal, receiver = signals.Signal(), function()
    signal.connect(receiver, "sender")
    seen = watch(signal)
    with signal.connected_to(receiver, "sender"):
        pass
    assert seen == [connected(signal, receiver, "sender", False)]


def test_other_ends_are_not_told(signals: ModuleType, collect: Callable[[], None]) -> None:
    signal, receiver = signals.Signal(), function()
    seen = watch(signal)
    signal.connect(function())
    signal.connect(receiver, Thing())
    seen.clear()  # which has kept them alive
    collect()
    assert_untouched(signal)
    signal.connect(receiver)
    signal.receivers.clear()
    signal._clear_state()
    assert {name for name, _, _ in seen} == {"receiver_connected"}
    assert_untouched(signal)


def test_they_are_sent_at_the_end(signals: ModuleType) -> None:
    signal, receiver, seen = signals.Signal(), function(), []

    def look(observed: Any, **kwargs: Any) -> None:
        seen.append(by_send(observed))

    signal.receiver_connected.connect(look)
    signal.receiver_disconnected.connect(look)
    signal.connect(receiver)
    signal.disconnect(receiver)
    assert seen == [[receiver], []]


def test_they_are_signals_like_others(signals: ModuleType) -> None:
    signal, other, receiver = signals.Signal(), signals.Signal(), function()
    seen: list[Any] = []
    observer: Any = lambda observed, **kwargs: seen.append(observed)  # noqa: E731
    for observed in (signal, other):
        observed.receiver_connected.connect(observer, sender=signal)
        observed.connect(receiver)
    assert seen == [signal]
    watched = watch(signal.receiver_connected)
    with signal.receiver_connected.muted(), signal.receiver_connected.connected_to(receiver):
        signal.connect(function())
    assert seen == [signal]
    assert [name for name, _, _ in watched] == NAMES
    signal.receiver_connected.disconnect(observer)
    signal.connect(receiver)
    assert seen == [signal]


def test_one_signal_observes_for_two(signals: ModuleType) -> None:
    signal, other, shared, receiver = signals.Signal(), signals.Signal(), signals.Signal(), function()
    signal.receiver_connected = other.receiver_connected = shared
    seen: list[Any] = []
    shared.connect(lambda observed, **kwargs: seen.append(observed), weak=False)
    signal.connect(receiver)
    other.connect(receiver)
    assert seen == [signal, other]


# Observers that raise

every_error = pytest.mark.parametrize("error", [TypeError, ValueError, KeyboardInterrupt])
WAYS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "connect": lambda signal, receiver, sender: signal.connect(receiver, sender),
    "connect strongly": lambda signal, receiver, sender: signal.connect(receiver, sender, weak=False),
    "connect_via": lambda signal, receiver, sender: signal.connect_via(sender)(receiver),
    "connected_to": lambda signal, receiver, sender: signal.connected_to(receiver, sender).__enter__(),
}


@every_error
@pytest.mark.parametrize("connect", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("sender", [ANY, "sender"])
@pytest.mark.parametrize(
    "before",
    [
        [],
        [("other", True)],
        [("other", False)],
        [(ANY, True), ("other", False)],
        *([("sender", w)] for w in (True, False)),
    ],
    ids=str,
)
def test_an_exception_undoes_the_pair_alone(
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
    signal.receiver_connected.disconnect(raises)
    signal.disconnect(receiver)
    signal.disconnect(bystander)
    assert_untouched(signal, sender, "other")


@every_error
def test_an_exception_leaves_no_receiver_alive(
    signals: ModuleType, collect: Callable[[], None], error: type[BaseException]
) -> None:
    signal = signals.Signal()

    def raises(observed: Any, **kwargs: Any) -> None:
        raise error

    signal.receiver_connected.connect(raises)
    things = [Thing()]
    thing = weakref.ref(things[0])
    with pytest.raises(error):
        signal.connect(things[0].method, things[0], weak=False)
    things.clear()
    collect()
    assert thing() is None


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


def test_an_observer_disconnects_what_was_connected(signals: ModuleType) -> None:
    signal, receiver = signals.Signal(), function()

    def refuse(observed: Any, receiver: Any, sender: Any, weak: bool) -> None:
        observed.disconnect(receiver, sender)

    signal.receiver_connected.connect(refuse)
    assert signal.connect(receiver, "sender") is receiver
    assert_untouched(signal, "sender")

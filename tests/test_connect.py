"""Connecting: ``connect``, ``connect_via``, ``connected_to``, and connections that cannot be made."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from dispatch import UNWEAK, Thing, assert_untouched, by_send, function, tables

from aldis import ANY

every_sender = pytest.mark.parametrize(
    "sender", [ANY, None, 0, 1, "", "sender", b"sender", [], Thing(), Thing().method]
)


@every_sender
@pytest.mark.parametrize("weak", [True, False])
def test_connect_returns_its_receiver(signals: ModuleType, sender: Any, weak: bool) -> None:
    receiver = function()
    assert signals.Signal().connect(receiver, sender, weak) is receiver
    assert signals.Signal().connect(receiver=receiver, sender=sender, weak=weak) is receiver


@every_sender
def test_a_receiver_is_called_for_its_sender_alone(signals: ModuleType, sender: Any) -> None:
    signal, receiver, other = signals.Signal(), function(), Thing()
    signal.connect(receiver, sender)
    assert by_send(signal, sender) == [receiver]
    assert by_send(signal, other) == ([receiver] if sender is ANY else [])


def test_any_is_the_sender_unless_another_is_given(signals: ModuleType) -> None:
    signal, receiver = signals.Signal(), function()
    signal.connect(receiver)
    assert by_send(signal) == by_send(signal, "sender") == by_send(signal, ANY) == [receiver]


def test_connect_is_a_decorator(signals: ModuleType) -> None:
    signal = signals.Signal()

    @signal.connect  # type: ignore[untyped-decorator]
    def receiver(sender: Any) -> str:
        return f"from {sender}"

    assert signal.send("home") == [(receiver, "from home")]


@pytest.mark.parametrize("times", [2, 3])
@every_sender
def test_connecting_again_changes_nothing(signals: ModuleType, sender: Any, times: int) -> None:
    signal, receiver = signals.Signal(), function()
    for _ in range(times):
        signal.connect(receiver, sender)
    assert by_send(signal, sender) == [receiver]
    signal.disconnect(receiver, sender)
    assert_untouched(signal, sender)


def test_connections_end_one_by_one(signals: ModuleType) -> None:
    signal, receiver = signals.Signal(), function()
    for sender in "abc":
        signal.connect(receiver, sender)
    signal.disconnect(receiver, "b")
    assert [by_send(signal, sender) for sender in "abc"] == [[receiver], [], [receiver]]


# connect_via


@every_sender
def test_connect_via_connects_what_it_decorates(signals: ModuleType, sender: Any) -> None:
    signal, receiver = signals.Signal(), function()
    assert signal.connect_via(sender)(receiver) is receiver
    assert by_send(signal, sender) == [receiver]
    assert signal.has_receivers_for(Thing()) == (sender is ANY)


def test_connect_via_returns_what_it_decorates(signals: ModuleType) -> None:
    class Silent(signals.Signal):  # type: ignore[misc, name-defined]
        def connect(self, *args: Any, **kwargs: Any) -> None:
            super().connect(*args, **kwargs)

    receiver = function()
    assert Silent().connect_via("sender")(receiver) is receiver


@pytest.mark.parametrize(
    ("arguments", "weak"), [((), False), ((False,), False), ((True,), True), ({"weak": True}, True)], ids=str
)
def test_connect_via_holds_strongly_unless_told(
    signals: ModuleType, collect: Callable[[], None], arguments: Any, weak: bool
) -> None:
    signal = signals.Signal()
    if isinstance(arguments, dict):
        signal.connect_via("sender", **arguments)(function())
    else:
        signal.connect_via("sender", *arguments)(function())
    collect()
    assert len(by_send(signal, "sender")) == (0 if weak else 1)


# connected_to


@every_sender
def test_connected_to_connects_meanwhile(signals: ModuleType, sender: Any) -> None:
    signal, receiver = signals.Signal(), function()
    with signal.connected_to(receiver, sender) as given:
        assert given is None
        assert by_send(signal, sender) == [receiver]
        assert signal.has_receivers_for(Thing()) == (sender is ANY)
    assert_untouched(signal, sender)


def test_connected_to_holds_strongly(signals: ModuleType, collect: Callable[[], None]) -> None:
    signal = signals.Signal()
    with signal.connected_to(function()):
        collect()
        assert len(by_send(signal)) == 1
    assert_untouched(signal)


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, GeneratorExit, StopIteration])
def test_connected_to_ends_with_an_exception(signals: ModuleType, error: type[BaseException]) -> None:
    signal, receiver = signals.Signal(), function()
    raised = error()
    with pytest.raises(error) as caught, signal.connected_to(receiver, "sender"):
        raise raised
    assert caught.value is raised
    assert_untouched(signal, "sender")


def test_connected_to_is_a_decorator(signals: ModuleType) -> None:
    signal, receiver = signals.Signal(), function()

    @signal.connected_to(receiver, sender="sender")  # type: ignore[untyped-decorator]
    def work(argument: int) -> Any:
        return argument, by_send(signal, "sender")

    for argument in range(3):
        assert work(argument) == (argument, [receiver])
        assert_untouched(signal, "sender")


@pytest.mark.parametrize("weak", [True, False])
@pytest.mark.parametrize("sender", [ANY, "b"])
def test_connected_to_leaves_other_connections_alone(signals: ModuleType, sender: Any, weak: bool) -> None:
    signal, receiver = signals.Signal(), function()
    signal.connect(receiver, "a", weak)
    signal.connect(receiver, "c", weak)
    before = tables(signal)
    with signal.connected_to(receiver, sender):
        assert by_send(signal, "b") == [receiver]
    assert tables(signal) == before
    assert [by_send(signal, other) for other in "abc"] == [[receiver], [], [receiver]]


@pytest.mark.parametrize("weak", [True, False])
@pytest.mark.parametrize("sender", [ANY, "sender"])
def test_connected_to_restores_the_pair(
    signals: ModuleType, collect: Callable[[], None], sender: Any, weak: bool
) -> None:
    signal, receiver, later = signals.Signal(), function(), function()
    signal.connect(receiver, sender, weak)
    signal.connect(later, sender)
    before = tables(signal)
    with signal.connected_to(receiver, sender):
        assert by_send(signal, sender) == [receiver, later]
        assert next(iter(signal.receivers.values())) is receiver
    assert tables(signal) == before
    assert by_send(signal, sender) == [receiver, later]
    del receiver, before
    collect()
    assert len(by_send(signal, sender)) == (1 if weak else 2)


def test_connected_to_nests(signals: ModuleType) -> None:
    signal, receiver = signals.Signal(), function()
    with signal.connected_to(receiver, "a"):
        with signal.connected_to(receiver, "a"), signal.connected_to(receiver, "b"):
            assert by_send(signal, "a") == by_send(signal, "b") == [receiver]
        assert by_send(signal, "a") == [receiver]
        assert by_send(signal, "b") == []
    assert_untouched(signal, "a", "b")


def test_connected_to_a_sender_that_dies_meanwhile(signals: ModuleType, collect: Callable[[], None]) -> None:
    signal, senders = signals.Signal(), [Thing()]
    context = signal.connected_to(function(), senders[0])
    with context:
        senders.clear()
        del context
        collect()
    assert_untouched(signal)


# What cannot be connected

CONNECTS: dict[str, Callable[[Any, Any], Any]] = {
    "connect": lambda signal, receiver: signal.connect(receiver),
    "connect to a sender": lambda signal, receiver: signal.connect(receiver, "sender"),
    "connect strongly": lambda signal, receiver: signal.connect(receiver, weak=False),
    "connect_via": lambda signal, receiver: signal.connect_via("sender")(receiver),
    "connected_to": lambda signal, receiver: signal.connected_to(receiver, "sender").__enter__(),
}


@pytest.mark.parametrize("connect", CONNECTS.values(), ids=CONNECTS)
@pytest.mark.parametrize("receiver", [42, None, 1.5, "name", b"", (), [], {}, object(), ANY], ids=repr)
def test_what_is_not_callable(signals: ModuleType, connect: Callable[[Any, Any], Any], receiver: Any) -> None:
    signal = signals.Signal()
    with pytest.raises(TypeError) as caught:
        connect(signal, receiver)
    assert str(caught.value) == f"Cannot connect {receiver!r}: a receiver must be callable."
    assert_untouched(signal, "sender")


@pytest.mark.parametrize("receiver", UNWEAK)
@pytest.mark.parametrize("sender", [ANY, "sender", [], Thing()])
def test_what_has_no_weak_references(signals: ModuleType, receiver: Any, sender: Any) -> None:
    signal = signals.Signal()
    with pytest.raises(TypeError) as caught:
        signal.connect(receiver, sender)
    assert repr(receiver) in str(caught.value)
    assert "weak=False" in str(caught.value)
    assert_untouched(signal, sender)

    signal.connect(receiver, sender, weak=False)
    assert by_send(signal, sender) == [receiver]


@pytest.mark.parametrize("receiver", UNWEAK)
def test_a_failed_connect_keeps_no_sender(signals: ModuleType, collect: Callable[[], None], receiver: Any) -> None:
    signal, kept = signals.Signal(), Thing()
    alive = weakref.ref(kept)
    with pytest.raises(TypeError):
        signal.connect(receiver, [kept])
    del kept
    collect()
    assert alive() is None


@pytest.mark.parametrize("sender", [ANY, "before", "other"])
def test_a_failed_connect_leaves_what_was_there(signals: ModuleType, sender: Any) -> None:
    signal, receiver = signals.Signal(), UNWEAK[0]
    signal.connect(receiver, "before", weak=False)
    before = tables(signal)
    with pytest.raises(TypeError, match="weak=False"):
        signal.connect(receiver, sender)
    assert tables(signal) == before
    assert by_send(signal, "before") == [receiver]
    assert by_send(signal, "other") == []


class BadHash(str):
    def __hash__(self) -> int:
        raise LookupError("no hash")


@pytest.mark.parametrize("connect", ["connect", "connected_to"])
def test_a_sender_whose_hash_raises(signals: ModuleType, connect: str) -> None:
    signal, receiver = signals.Signal(), function()
    signal.connect(receiver, "sender")
    before = tables(signal)
    with pytest.raises(LookupError, match="no hash"), signal.connected_to(receiver, BadHash("sender")):
        raise AssertionError("connected")
    with pytest.raises(LookupError, match="no hash"):
        signal.connect(receiver, BadHash("sender"))
    assert tables(signal) == before


@pytest.mark.parametrize(
    ("arguments", "keywords"),
    [((), {}), ((function(), ANY, True, 1), {}), ((function(),), {"weaker": True}), ((function(),), {"receiver": 1})],
)
def test_wrong_arguments(signals: ModuleType, arguments: Any, keywords: Any) -> None:
    signal = signals.Signal()
    with pytest.raises(TypeError):
        signal.connect(*arguments, **keywords)
    assert_untouched(signal)


@pytest.mark.threads
def test_connecting_and_disconnecting_in_many_threads(signals: ModuleType) -> None:
    signal, stays = signals.Signal(), function()
    signal.connect(stays)
    start, failures = threading.Barrier(4), []

    def work() -> None:
        start.wait()
        try:
            for sender in (ANY, "sender") * 150:
                receiver = function()
                signal.connect(receiver, sender)
                called = by_send(signal, "sender")
                assert called.count(receiver) == called.count(stays) == 1
                signal.disconnect(receiver, sender)
                assert receiver not in by_send(signal, "sender")
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    assert failures == []
    assert by_send(signal, "sender") == [stays]
    signal.disconnect(stays)
    assert_untouched(signal, "sender")

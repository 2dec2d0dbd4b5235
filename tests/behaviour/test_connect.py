"""``connect``, ``connect_via`` and ``connected_to``, and connections that cannot be made."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from support.helpers import UNWEAK, Collect, Thing, assert_untouched, by_send, function, tables

from aldis import ANY

every_sender = pytest.mark.parametrize("sender", [ANY, None, 0, "sender", [], Thing(), Thing().method])


@every_sender
@pytest.mark.parametrize("weak", [True, False])
def test_connect_returns_the_receiver(signals: ModuleType, sender: Any, weak: bool) -> None:
    receiver = function()
    assert signals.Signal().connect(receiver, sender, weak) is receiver
    assert signals.Signal().connect(receiver=receiver, sender=sender, weak=weak) is receiver


# connect_via


@pytest.mark.parametrize(("keywords", "lives"), [({}, True), ({"weak": False}, True), ({"weak": True}, False)])
def test_connect_via_connects_strongly_by_default(
    signals: ModuleType, collect: Collect, keywords: dict[str, bool], lives: bool
) -> None:
    signal = signals.Signal()
    signal.connect_via("sender", **keywords)(function())
    collect()
    assert len(by_send(signal, "sender")) == lives


# connected_to


@every_sender
def test_connected_to_connects_for_the_block(signals: ModuleType, sender: Any) -> None:
    signal, receiver = signals.Signal(), function()
    with signal.connected_to(receiver, sender) as given:
        assert given is None
        assert by_send(signal, sender) == [receiver]
        assert signal.has_receivers_for(Thing()) == (sender is ANY)
    assert_untouched(signal, sender)


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, GeneratorExit, StopIteration])
def test_connected_to_disconnects_after_an_exception(signals: ModuleType, error: type[BaseException]) -> None:
    signal, raised = signals.Signal(), error()
    with pytest.raises(error) as caught, signal.connected_to(function(), "sender"):
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
def test_connected_to_restores_an_existing_connection(
    signals: ModuleType, collect: Collect, sender: Any, weak: bool
) -> None:
    signal, receiver, later = signals.Signal(), function(), function()
    signal.connect(receiver, sender, weak)
    signal.connect(later, sender)
    before = tables(signal)
    with signal.connected_to(receiver, sender), signal.connected_to(receiver, sender):
        assert by_send(signal, sender) == [receiver, later]
        assert next(iter(signal.receivers.values())) is receiver
    assert tables(signal) == before
    assert by_send(signal, sender) == [receiver, later]
    del receiver, before
    collect()
    assert len(by_send(signal, sender)) == (1 if weak else 2), "it is as weak or strong as before"


# Connections that cannot be made

WAYS: dict[str, Callable[[Any, Any], Any]] = {
    "connect": lambda signal, receiver: signal.connect(receiver),
    "connect to a sender": lambda signal, receiver: signal.connect(receiver, "sender"),
    "connect strongly": lambda signal, receiver: signal.connect(receiver, weak=False),
    "connect_via": lambda signal, receiver: signal.connect_via("sender")(receiver),
    "connected_to": lambda signal, receiver: signal.connected_to(receiver, "sender").__enter__(),
}


@pytest.mark.parametrize("connect", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("receiver", [42, None, "name", (), object(), ANY])
def test_a_receiver_must_be_callable(signals: ModuleType, connect: Callable[[Any, Any], Any], receiver: Any) -> None:
    signal = signals.Signal()
    with pytest.raises(TypeError) as caught:
        connect(signal, receiver)
    assert str(caught.value) == f"Cannot connect {receiver!r}: a receiver must be callable."
    assert_untouched(signal, "sender")


@pytest.mark.parametrize("receiver", UNWEAK)
@pytest.mark.parametrize("sender", [ANY, "sender", Thing()])
def test_a_receiver_without_weak_references_needs_weak_false(signals: ModuleType, receiver: Any, sender: Any) -> None:
    signal = signals.Signal()
    with pytest.raises(TypeError) as caught:
        signal.connect(receiver, sender)
    assert repr(receiver) in str(caught.value)
    assert "weak=False" in str(caught.value)
    assert_untouched(signal, sender)

    signal.connect(receiver, sender, weak=False)
    before = tables(signal)
    for other in (ANY, sender, "other"):
        with pytest.raises(TypeError, match="weak=False"):
            signal.connect(receiver, other)
    assert tables(signal) == before, "a failed connect leaves the other connections"
    assert by_send(signal, sender) == [receiver]

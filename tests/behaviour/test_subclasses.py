"""Subclasses of signals, replaced methods, further attributes."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from types import ModuleType
from typing import Any, Generic, TypeVar

import pytest
from support.helpers import Dispatch, awaitable, blocking, by_send, by_send_async, every_way, finish, function

from aldis import ANY

T = TypeVar("T")


@every_way
def test_all_kinds_of_subclasses_work(signals: ModuleType, dispatch: Dispatch) -> None:
    class Mixin:
        def __init__(self, *args: Any, mixed: Any = None, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.mixed = mixed

    class Mixed(Mixin, signals.Signal):  # type: ignore[name-defined,misc]
        pass

    class Generics(signals.Signal, Generic[T]):  # type: ignore[name-defined,misc]
        pass

    class NoInit(signals.Signal):  # type: ignore[name-defined,misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            """Does not call the inherited method."""

    made = [Mixed("Mine.", mixed=1), Generics[int](), NoInit(1, a=2), signals.Signal()]
    assert made[0].mixed == 1
    assert made[0].__doc__ == "Mine."
    for signal in made:
        signal.connect(receiver := function(), "sender")
        assert dispatch(signal, "sender") == [receiver]
        assert signal.receiver_connected is signal.receiver_connected
        with signal.muted():
            assert signal.send("sender") == []


@every_way
def test_the_class_of_a_signal_can_be_changed(signals: ModuleType, dispatch: Dispatch) -> None:
    class Silent(signals.Signal):  # type: ignore[name-defined,misc]
        def receivers_for(self, sender: Any) -> list[Any]:
            return []

    signal, receiver = signals.Signal(), function()
    signal.connect(receiver)
    assert dispatch(signal) == [receiver]
    signal.__class__ = Silent
    assert dispatch(signal) == []
    signal.__class__ = signals.Signal
    assert dispatch(signal) == [receiver]


def test_overridden_methods_can_call_the_inherited_ones(signals: ModuleType) -> None:
    calls: list[str] = []

    class Logging(signals.NamedSignal):  # type: ignore[name-defined,misc]
        def __init__(self, name: str, level: int) -> None:
            super().__init__(name, f"At {level}.")
            self.level = level

        def connect(self, receiver: Any, sender: Any = ANY, weak: bool = True) -> Any:
            calls.append("connect")
            return super().connect(receiver, sender, weak)

        def send(self, *args: Any, **kwargs: Any) -> Any:
            calls.append("send")
            return super().send(*args, level=self.level, **kwargs)

        async def send_async(self, *args: Any, **kwargs: Any) -> Any:
            calls.append("send_async")
            return await super().send_async(*args, **kwargs)

        def receivers_for(self, sender: Any) -> Iterator[Any]:
            calls.append("receivers_for")
            yield from super().receivers_for(sender)

    signal, receiver = Logging("ready", 3), lambda sender, **kwargs: kwargs
    assert (signal.name, signal.level, signal.__doc__) == ("ready", 3, "At 3.")
    assert signal.connect(receiver) is receiver
    assert signal.send("sender", a=1) == [(receiver, {"level": 3, "a": 1})]
    assert finish(signal.send_async("sender", _sync_wrapper=awaitable)) == [(receiver, {})]
    assert calls == ["connect", "send", "receivers_for", "send_async", "receivers_for"]
    calls.clear()
    signal.connect_via("sender")(receiver)
    with signal.connected_to(receiver):
        assert calls == ["connect", "connect"]


@pytest.mark.parametrize("sender", [ANY, "sender"])
def test_connected_to_calls_an_overridden_disconnect(signals: ModuleType, sender: Any) -> None:
    calls: list[Any] = []

    class Logging(signals.Signal):  # type: ignore[name-defined,misc]
        def disconnect(self, receiver: Any, *senders: Any) -> None:
            calls.append((receiver, *senders))
            super().disconnect(receiver, *senders)

    signal, receiver = Logging(), function()
    with signal.connected_to(receiver, sender):
        assert by_send(signal, "sender") == [receiver]
    assert (calls, by_send(signal, "sender")) == ([(receiver, sender)], [])
    signal.disconnect = lambda *arguments: calls.append(("replaced", *arguments))  # type: ignore[method-assign]
    with signal.connected_to(receiver, sender):
        pass
    assert calls[-1] == ("replaced", receiver, sender)


# receivers_for, which decides whom a send calls


@every_way
def test_send_notices_a_receivers_for_that_is_replaced_later(
    signals: ModuleType, monkeypatch: pytest.MonkeyPatch, dispatch: Dispatch
) -> None:
    class Mine(signals.Signal):  # type: ignore[name-defined,misc]
        pass

    signal, receiver, other = Mine(), function(), function()
    signal.connect(receiver)
    replacements: dict[Any, Any] = {owner: lambda self, sender: iter([other]) for owner in (Mine, signals.Signal)}
    replacements[signal] = lambda sender: [other]
    for owner, replacement in replacements.items():
        assert dispatch(signal, "sender") == [receiver]
        monkeypatch.setattr(owner, "receivers_for", replacement)
        assert dispatch(signal, "sender") == [other]
        monkeypatch.undo()
        assert dispatch(signal, "sender") == [receiver]


def traced(receiver: Any) -> Any:
    if inspect.iscoroutinefunction(receiver):
        return awaitable(lambda sender, **kwargs: ("traced", finish(receiver(sender, **kwargs))))
    return lambda sender, **kwargs: ("traced", receiver(sender, **kwargs))


def test_receivers_for_can_be_wrapped_on_an_instance(signals: ModuleType) -> None:
    signal, other, receiver = signals.NamedSignal("ready"), signals.NamedSignal("other"), function("result")
    asynchronous = awaitable(function("awaited"))
    for connected in (signal, other):
        connected.connect(receiver)
        connected.connect(asynchronous, "sender")
    original = signal.receivers_for
    signal.receivers_for = lambda sender: [traced(receiver) for receiver in original(sender)]  # as ddtrace does
    for _ in range(2):
        sent = signal.send("sender", _async_wrapper=blocking, a=1)
        awaited = finish(signal.send_async("sender", _sync_wrapper=awaitable, a=1))
        for results in (sent, awaited):
            assert [result for _, result in results] == [("traced", "result"), ("traced", "awaited")]
    with signal.muted():
        assert signal.send("sender") == []
    signal.disconnect(receiver)
    assert signal.send("other") == []
    assert by_send(other, "sender") == [receiver, asynchronous]
    del signal.receivers_for
    assert by_send(signal, "sender") == by_send_async(signal, "sender") == [asynchronous]


# Attributes

"""The order of receivers: that of connection, or that of a ``set_class``."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
from dispatch import Receiver, Thing, by_receivers_for, by_send, by_send_async, every_way, function

from aldis import ANY

SENDERS = [ANY, "a", 0, Thing()]


def expected(pairs: list[tuple[Receiver, Any]], sender: Any) -> list[Receiver]:
    """Return the receivers of these connections, each at the place of the earliest that reaches it."""
    return list(dict.fromkeys(receiver for receiver, connected in pairs if connected is ANY or connected is sender))


@every_way
@pytest.mark.parametrize("seed", range(5))
def test_receivers_are_called_in_order_of_connection(
    signals: ModuleType, dispatch: Callable[..., Any], seed: int
) -> None:
    chance = random.Random(seed)
    signal, receivers = signals.Signal(), [function() for _ in range(8)]
    pairs: list[tuple[Receiver, Any]] = []
    for _ in range(60):
        pair = receiver, sender = chance.choice(receivers), chance.choice(SENDERS)
        if chance.random() < 0.7:
            signal.connect(receiver, sender, weak=chance.random() < 0.5)
            if pair not in pairs:
                pairs.append(pair)
        else:
            signal.disconnect(receiver, sender)
            pairs = [p for p in pairs if p[0] is not receiver or (sender is not ANY and p != pair)]
        asked = chance.choice([*SENDERS, "other"])
        assert dispatch(signal, asked) == expected(pairs, asked)
        assert signal.has_receivers_for(asked) == bool(expected(pairs, asked))
        shown = [value if value in receivers else value() for value in signal.receivers.values()]
        assert sorted(map(id, shown)) == sorted({id(receiver) for receiver, _ in pairs})


@every_way
@pytest.mark.parametrize("senders", [[ANY, "a"], ["a", ANY]])
def test_who_is_reached_twice_is_called_at_the_earlier_place(
    signals: ModuleType, dispatch: Callable[..., Any], senders: list[Any]
) -> None:
    signal, twice, of_any, of_a = signals.Signal(), function(), function(), function()
    signal.connect(twice, senders[0])
    signal.connect(of_any)
    signal.connect(of_a, "a")
    signal.connect(twice, senders[1])
    assert dispatch(signal, "a") == [twice, of_any, of_a]
    assert dispatch(signal, "b") == ([twice, of_any] if senders[0] is ANY else [of_any, twice])
    signal.disconnect(twice, "a")
    assert dispatch(signal, "a") == ([twice, of_any, of_a] if senders[0] is ANY else [of_any, of_a, twice])


@every_way
@pytest.mark.parametrize("sender", SENDERS)
def test_connecting_again_keeps_the_place(signals: ModuleType, dispatch: Callable[..., Any], sender: Any) -> None:
    signal, receivers = signals.Signal(), [function() for _ in range(3)]
    for receiver in receivers:
        signal.connect(receiver, sender)
    for weak in (True, False, True):
        signal.connect(receivers[0], sender, weak)
        assert dispatch(signal, sender) == receivers
    with signal.connected_to(receivers[0], sender):
        assert dispatch(signal, sender) == receivers
    assert dispatch(signal, sender) == receivers
    signal.disconnect(receivers[0], sender)
    signal.connect(receivers[0], sender)
    assert dispatch(signal, sender) == [*receivers[1:], receivers[0]]


def test_receivers_are_shown_in_order_of_first_connection(signals: ModuleType) -> None:
    signal, receivers = signals.Signal(), [function() for _ in range(4)]
    for sender in ("a", ANY, "b"):
        for receiver in receivers:
            signal.connect(receiver, sender, weak=False)
    signal.disconnect(receivers[0], "a")
    assert list(signal.receivers.values()) == receivers
    signal.disconnect(receivers[0])
    signal.connect(receivers[0], weak=False)
    assert list(signal.receivers.values()) == [*receivers[1:], receivers[0]]


# set_class


class Backwards:
    """The least that a set class has to be: it yields the latest first."""

    __slots__ = ("items",)

    def __init__(self) -> None:
        self.items: list[Any] = []

    def add(self, item: Any) -> None:
        self.items.append(item)

    def discard(self, item: Any) -> None:
        if item in self.items:
            self.items.remove(item)

    def __or__(self, other: Backwards) -> Backwards:
        union = Backwards()
        union.items = self.items + [item for item in other.items if item not in self.items]
        return union

    def copy(self) -> Backwards:
        return self | Backwards()

    def __iter__(self) -> Iterator[Any]:
        yield from reversed(self.items)

    def __bool__(self) -> bool:
        return bool(self.items)


class OrderedSet(set):  # type: ignore[type-arg]
    """As Pelican's: a set that knows the order in which it was filled."""

    def __init__(self, items: Any = ()) -> None:
        super().__init__()
        self.order: dict[Any, None] = {}
        for item in items:
            self.add(item)

    def add(self, item: Any) -> None:
        super().add(item)
        self.order.setdefault(item)

    def discard(self, item: Any) -> None:
        super().discard(item)
        self.order.pop(item, None)

    def __or__(self, other: Any) -> OrderedSet:
        return OrderedSet([*self, *other])

    def copy(self) -> OrderedSet:
        return OrderedSet(self)

    def __iter__(self) -> Iterator[Any]:
        yield from list(self.order)


@pytest.mark.parametrize("on", ["Signal", "NamedSignal"])
@every_way
def test_a_set_class_decides(
    signals: ModuleType, dispatch: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, on: str
) -> None:
    before, receivers = signals.NamedSignal("before"), [function() for _ in range(4)]
    of_any, of_a = receivers[::2], receivers[1::2]

    def fill(signal: Any) -> None:
        for receiver in receivers:
            signal.connect(receiver, ANY if receiver in of_any else "a")

    fill(before)
    assert dispatch(before, "a") == receivers
    monkeypatch.setattr(getattr(signals, on), "set_class", Backwards)
    signal = signals.NamedSignal("after")
    fill(signal)
    assert dispatch(signal, "a") == [*of_a[::-1], *of_any[::-1]]
    assert dispatch(signal, "b") == dispatch(signal, ANY) == of_any[::-1]
    signal.disconnect(of_a[0], "a")
    signal.disconnect(of_any[0])
    assert dispatch(signal, "a") == [of_a[1], of_any[1]]
    signal.disconnect(of_a[1])
    assert dispatch(signal, "a") == [of_any[1]]
    signal._clear_state()
    assert dispatch(signal, "a") == []
    fill(signal)
    monkeypatch.setattr(getattr(signals, on), "set_class", OrderedSet)
    ordered = signals.NamedSignal("ordered")
    fill(ordered)
    assert dispatch(ordered, "a") == [*of_any, *of_a]
    monkeypatch.undo()
    assert dispatch(signal, "a") == [*of_a[::-1], *of_any[::-1]]  # as when it was made
    assert dispatch(before, "a") == receivers


@every_way
def test_a_set_class_of_a_subclass(signals: ModuleType, dispatch: Callable[..., Any]) -> None:
    class Reversed(signals.Signal):  # type: ignore[name-defined,misc]
        set_class = Backwards

    signal, plain, receivers = Reversed(), signals.Signal(), [function() for _ in range(4)]
    for receiver in receivers:
        signal.connect(receiver)
        plain.connect(receiver)
    assert dispatch(signal) == receivers[::-1]
    assert dispatch(plain) == receivers


def test_what_holds_under_a_set_class_too(signals: ModuleType, collect: Callable[[], None]) -> None:
    class Reversed(signals.Signal):  # type: ignore[name-defined,misc]
        set_class = Backwards

    signal, mortal, replaced, late = Reversed(), [function()], function(), function()

    def first(sender: Any) -> None:
        mortal.clear()
        collect()
        signal.disconnect(replaced)
        signal.connect(late, "a")

    for receiver in (replaced, *mortal, first):
        signal.connect(receiver, "a")
    del receiver
    assert by_send(signal, "a") == [first]
    assert by_receivers_for(signal, "a") == [late, first]
    with signal.muted():
        assert by_send(signal, "a") == by_send_async(signal, "a") == []
    signal.receivers.clear()
    assert by_send(signal, "a") == []

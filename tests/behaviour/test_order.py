"""The order of receivers: order of connection, or the order of a ``set_class``."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from support.helpers import Dispatch, Thing, every_way, function

from aldis import ANY

SENDERS = [ANY, "a", 0, Thing()]


@every_way
@pytest.mark.parametrize("senders", [[ANY, "a"], ["a", ANY]])
def test_a_receiver_with_two_connections_is_called_at_the_place_of_the_earlier(
    signals: ModuleType, dispatch: Dispatch, senders: list[Any]
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
def test_connecting_again_keeps_the_place(signals: ModuleType, dispatch: Dispatch, sender: Any) -> None:
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


# set_class


class Backwards:
    """The minimal set class. It yields the latest item first."""

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


@every_way
@pytest.mark.parametrize("how", ["on Signal", "on NamedSignal", "in a subclass"])
def test_a_set_class_decides_the_order(
    signals: ModuleType, dispatch: Dispatch, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    receivers = [function() for _ in range(4)]
    of_any, of_a = receivers[::2], receivers[1::2]

    class Mine(signals.NamedSignal):  # type: ignore[name-defined,misc]
        set_class = Backwards

    def fill(signal: Any) -> None:
        for receiver in receivers:
            signal.connect(receiver, ANY if receiver in of_any else "a")

    if how != "in a subclass":
        monkeypatch.setattr(getattr(signals, how.removeprefix("on ")), "set_class", Backwards)
    signal = (Mine if how == "in a subclass" else signals.NamedSignal)("after")
    fill(signal)
    assert dispatch(signal, "a") == [*of_a[::-1], *of_any[::-1]]
    assert dispatch(signal, "b") == dispatch(signal, ANY) == of_any[::-1]
    signal.disconnect(of_a[0], "a")
    signal.disconnect(of_any[0])
    assert dispatch(signal, "a") == [of_a[1], of_any[1]]
    signal._clear_state()
    assert dispatch(signal, "a") == []

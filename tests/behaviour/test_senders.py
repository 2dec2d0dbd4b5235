"""Senders: which objects are the same sender, and how long a sender and its connections live."""

from __future__ import annotations

import enum
import weakref
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from support.helpers import (
    Collect,
    Dispatch,
    Thing,
    assert_untouched,
    by_receivers_for,
    by_send,
    by_send_async,
    every_way,
    function,
)

from aldis import ANY
from aldis.signals import ANY_ID, make_id


class Number(enum.IntEnum):
    ZERO = 0
    ONE = 1


class Text(str, enum.Enum):  # noqa: UP042
    A = "a"


class MyStr(str):
    pass


class MyInt(int):
    pass


class Equal:
    """Equal to everything."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0


class Hostile:
    """Raises when it is compared, hashed or tested for truth."""

    def refuse(self, *args: object) -> Any:
        raise AssertionError("a special method was called")

    __eq__ = __ne__ = __hash__ = __bool__ = __len__ = refuse


class HostileStr(str):
    __eq__ = __ne__ = __hash__ = Hostile.refuse


class HostileInt(int):
    __eq__ = __ne__ = __hash__ = Hostile.refuse


def text(*characters: str) -> str:
    return "".join(characters)  # another object than the literal


thing, equal, kept = Thing(), Equal(), [1]

SAME: list[tuple[Any, Any]] = [
    (None, None),
    ("sender", text("sen", "der")),
    ("", text()),
    (0, False),
    (0, Number.ZERO),
    (0, MyInt()),
    (1, True),
    (Number.ONE, True),
    (10**30, int("1" + "0" * 30)),
    (-1, MyInt(-1)),
    ("a", MyStr("a")),
    ("a", Text.A),
    (thing.method, thing.method),
    (Thing.class_method, thing.class_method),
    (Thing.static_method, thing.static_method),
    (Thing, Thing),
    (kept, kept),
    (kept.append, kept.append),
    (kept.__eq__, kept.__eq__),
    (equal, equal),
    (print, print),
]

DIFFERENT: list[tuple[Any, Any]] = [
    (1, 1.0),
    (1, "1"),
    (-1, -2),  # both have the hash -2
    (0, None),
    (False, None),
    (0, ANY),
    (0, ""),
    ("", None),
    ("ANY", ANY),
    ("a", "b"),
    (b"sender", bytes(bytearray(b"sender"))),
    (b"sender", "sender"),
    ((1, thing), (1, thing)),
    ([1], [1]),
    (Equal(), equal),
    (thing, Thing()),
    (thing.method, Thing().method),
    (thing.method, thing.other_method),
    (thing.method, thing),
    (thing.method, Thing.method),
    (thing.method, (id(Thing.method), id(thing))),
    (thing, id(thing)),
    (kept.append, kept.extend),
    (kept.append, [1].append),
    (1, (int, 1)),
]


@every_way
@pytest.mark.parametrize(("sender", "other"), [*SAME, *((b, a) for a, b in SAME)])
def test_the_same_sender(signals: ModuleType, dispatch: Dispatch, sender: Any, other: Any) -> None:
    signal, receiver = signals.Signal(), function()
    signal.connect(receiver, sender)
    assert dispatch(signal, other) == [receiver]
    assert signal.has_receivers_for(other)
    signal.connect(receiver, other)
    assert len(signal._by_sender) == 1
    assert make_id(sender) == make_id(other)
    signal.disconnect(receiver, other)
    assert_untouched(signal, sender, other)


@every_way
@pytest.mark.parametrize(("sender", "other"), [*DIFFERENT, *((b, a) for a, b in DIFFERENT if b is not ANY)])
def test_different_senders(signals: ModuleType, dispatch: Dispatch, sender: Any, other: Any) -> None:
    signal, receiver, of_other = signals.Signal(), function(), function()
    signal.connect(receiver, sender)
    assert dispatch(signal, other) == []
    assert not signal.has_receivers_for(other)
    assert len({make_id(sender), make_id(other), ANY_ID}) == 3
    if other is not ANY:
        signal.disconnect(receiver, other)
        signal.connect(of_other, other)
        assert dispatch(signal, other) == [of_other]
    assert dispatch(signal, sender) == [receiver]


@every_way
@pytest.mark.parametrize(("sender", "value"), [(HostileStr("a"), "a"), (HostileInt(1), 1)], ids=["str", "int"])
def test_strings_and_numbers_match_by_value_whatever_their_eq_and_hash(
    signals: ModuleType, dispatch: Dispatch, sender: Any, value: Any
) -> None:
    signal, receiver = signals.Signal(), function()
    signal.connect(receiver, sender)
    signal.connect(receiver, type(sender)(value))
    assert dispatch(signal, value) == dispatch(signal, sender) == [receiver]
    assert signal.has_receivers_for(sender)
    assert dispatch(signal, type(sender)(value * 2)) == []
    with signal.connected_to(receiver, sender):
        assert list(signal._by_sender) == [make_id(value)] == [make_id(sender)]
    signal.disconnect(receiver, sender)
    assert_untouched(signal, value)


# Lifetime


@pytest.mark.parametrize("make", [Thing, Equal, Hostile, function, weakref.WeakSet, lambda: Thing().method])
def test_connections_end_when_their_sender_dies(signals: ModuleType, collect: Collect, make: Callable[[], Any]) -> None:
    signal, receiver, senders = signals.Signal(), function(), [make(), make()]
    for weak, sender in enumerate(senders):
        signal.connect(receiver, sender, weak=bool(weak))
        for ask in (by_send, by_send_async, by_receivers_for, signals.Signal.has_receivers_for):
            assert ask(signal, sender)
    del sender
    senders.pop()
    collect()
    assert by_send(signal, senders[0]) == [receiver]
    assert len(signal._by_sender) == len(signal._weak_senders) == 1
    senders.pop()
    collect()
    assert_untouched(signal)


@pytest.mark.parametrize("make", [Thing, lambda: Thing().method, list, object, lambda: (Thing(),)])
def test_a_new_object_at_the_address_of_a_dead_sender_is_another_sender(
    signals: ModuleType, make: Callable[[], Any]
) -> None:
    signal, receiver = signals.Signal(), function()
    for _ in range(5):
        signal.connect(receiver, make(), weak=False)
        assert by_send(signal, make()) == []


@pytest.mark.parametrize("end", ["disconnect", "disconnect from the sender", "_clear_state", "receiver dies"])
def test_a_sender_without_weak_references_lives_while_connected(
    signals: ModuleType, collect: Collect, end: str
) -> None:
    signal, receivers, held = signals.Signal(), [function()], [Thing()]
    alive, senders = weakref.ref(held[0]), [(held.pop(),)]
    signal.connect(receivers[0], senders[0])
    if end == "disconnect from the sender":
        signal.disconnect(receivers[0], senders[0])
    senders.clear()
    collect()
    assert (alive() is None) == (end == "disconnect from the sender")
    if end == "disconnect":
        signal.disconnect(receivers[0])
    elif end == "_clear_state":
        signal._clear_state()
    receivers.clear()
    collect()
    assert alive() is None
    assert_untouched(signal)

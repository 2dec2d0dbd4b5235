"""Senders: which are the same by value and which by identity, and what becomes of connections when they die."""

from __future__ import annotations

import enum
import weakref
from collections.abc import Callable
from types import ModuleType
from typing import Any
from unittest.mock import Mock

import blinker
import pytest
from dispatch import Thing, assert_untouched, by_receivers_for, by_send, by_send_async, every_way, function, tables

from aldis import ANY


class Number(enum.IntEnum):
    ZERO = 0
    ONE = 1


class Text(str, enum.Enum):
    A = "a"


class MyStr(str):
    pass


class MyInt(int):
    pass


class Caseless(str):
    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and self.lower() == other.lower()

    def __hash__(self) -> int:
        return hash(self.lower())


class Equal:
    """Equal to everything."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0


class Hostile:
    """Nothing can be asked of it."""

    def __eq__(self, other: object) -> bool:
        raise AssertionError("compared")

    def __hash__(self) -> int:
        raise AssertionError("hashed")

    def __bool__(self) -> bool:
        raise AssertionError("taken for a condition")

    def __len__(self) -> int:
        raise AssertionError("measured")


@pytest.mark.parametrize("kind", [str, int])
def test_a_sender_that_pretends_to_be_a_value(signals: ModuleType, collect: Callable[[], None], kind: type) -> None:
    signal, sender, receiver = signals.Signal(), Mock(spec=kind), function()
    signal.connect(receiver, sender)
    assert list(signal._weak_senders) == [id(sender)]
    assert by_send(signal, sender) == [receiver]
    del sender
    collect()
    assert_untouched(signal)


class Unhashable(str):
    __hash__ = None  # type: ignore[assignment]


def text(*characters: str) -> str:
    return "".join(characters)  # not the same object as a literal


thing, equal, kept = Thing(), Equal(), [1]

SAME: list[tuple[Any, Any]] = [
    (None, None),
    ("sender", text("sen", "der")),
    ("", text()),
    (0, 0),
    (0, False),
    (1, True),
    (0, Number.ZERO),
    (Number.ONE, True),
    (10**30, int("1" + "0" * 30)),
    (-1, MyInt(-1)),
    ("a", MyStr("a")),
    ("a", Text.A),
    (MyStr("é"), MyStr("é")),
    (Caseless("A"), "a"),
    (thing.method, thing.method),
    (Thing.class_method, thing.class_method),
    (thing, thing),
    (Thing, Thing),
    (kept, kept),
    (kept.append, kept.append),
    (equal, equal),
    (print, print),
]

DIFFERENT: list[tuple[Any, Any]] = [
    (1, 1.0),
    (1, "1"),
    (1, 2),
    (-1, -2),  # of the same hash
    (0, None),
    (False, None),
    (0, ANY),
    (0, ""),
    ("", None),
    ("ANY", ANY),
    (b"sender", bytes(bytearray(b"sender"))),
    (b"sender", "sender"),
    ((1, thing), (1, thing)),
    ([1], [1]),
    (frozenset([1, 2]), frozenset([1, 2])),
    (Equal(), equal),
    (thing, Thing()),
    (thing.method, Thing().method),
    (thing.method, thing.other_method),
    (thing.method, thing.class_method),
    (thing.method, thing),
    (thing.method, Thing.method),
    (thing.method, (id(Thing.method), id(thing))),
    (kept.append, kept.extend),
    (kept.append, [1].append),
    (1, (int, 1)),
    (True, (int, 1)),
    ("a", "b"),
]


@every_way
@pytest.mark.parametrize(("sender", "other"), [*SAME, *((b, a) for a, b in SAME)])
def test_the_same_sender(signals: ModuleType, dispatch: Callable[..., Any], sender: Any, other: Any) -> None:
    signal, receiver = signals.Signal(), function()
    signal.connect(receiver, sender)
    assert dispatch(signal, other) == [receiver]
    assert signal.has_receivers_for(other)
    signal.connect(receiver, other)
    assert len(signal._by_sender) == 1
    signal.disconnect(receiver, other)
    assert_untouched(signal, sender, other)


@every_way
@pytest.mark.parametrize(("sender", "other"), [*DIFFERENT, *((b, a) for a, b in DIFFERENT if b is not ANY)])
def test_different_senders(signals: ModuleType, dispatch: Callable[..., Any], sender: Any, other: Any) -> None:
    signal, receiver, of_other = signals.Signal(), function(), function()
    signal.connect(receiver, sender)
    assert dispatch(signal, other) == []
    assert not signal.has_receivers_for(other)
    if other is not ANY:
        signal.disconnect(receiver, other)
        signal.connect(of_other, other)
        assert dispatch(signal, other) == [of_other]
    assert dispatch(signal, sender) == [receiver]


@pytest.mark.parametrize("sender", [0, False, Number.ZERO, MyInt()])
def test_zero_is_an_ordinary_sender(signals: ModuleType, sender: Any) -> None:
    signal, receiver = signals.Signal(), function()
    signal.connect(receiver, sender)
    assert by_send(signal, 0) == by_send(signal, False) == [receiver]
    assert by_send(signal, None) == by_send(signal, ANY) == by_send(signal, "") == by_send(signal, 1) == []
    signal.connect(receiver, 1)
    signal.connect(receiver)
    signal.disconnect(receiver, sender)
    assert by_send(signal, 1) == by_send(signal, "other") == [receiver], "the others are still connected"
    signal.disconnect(receiver)
    assert_untouched(signal, 0)


@pytest.mark.parametrize("make", [Thing, list, object, lambda: Thing().method, lambda: function])
def test_numbers_and_objects_never_meet(signals: ModuleType, make: Callable[[], Any]) -> None:
    signal, sender, receiver, of_number = signals.Signal(), make(), function(), function()
    signal.connect(receiver, sender)
    assert by_send(signal, id(sender)) == []
    signal.connect(of_number, id(sender))
    assert by_send(signal, sender) == [receiver]
    assert by_send(signal, id(sender)) == [of_number]
    signal.disconnect(receiver, id(sender))
    assert by_send(signal, sender) == [receiver]
    signal.disconnect(receiver, sender)
    assert by_send(signal, sender) == []
    assert by_send(signal, id(sender)) == [of_number]


@every_way
def test_objects_are_asked_nothing(signals: ModuleType, dispatch: Callable[..., Any]) -> None:
    signal, sender, receiver = signals.Signal(), Hostile(), function()
    signal.connect(receiver, sender)
    signal.connect(receiver, sender)
    assert dispatch(signal, sender) == [receiver]
    assert dispatch(signal, Hostile()) == []
    assert signal.has_receivers_for(sender)
    signal.disconnect(receiver, sender)
    assert_untouched(signal, sender)


@every_way
def test_without_receivers_no_sender_is_hashed(signals: ModuleType, dispatch: Callable[..., Any]) -> None:
    for signal in (blinker.Signal(), signals.Signal()):
        for _ in range(2):
            assert dispatch(signal, Unhashable("sender")) == []
            assert not signal.has_receivers_for(Unhashable("sender"))
            signal.connect(receiver := function(), "sender")
            signal.disconnect(receiver)


def test_an_unhashable_string(signals: ModuleType) -> None:
    signal, receiver, sender = signals.Signal(), function(), Unhashable("sender")
    signal.connect(receiver, "sender")
    before = tables(signal)
    for call in (
        lambda: signal.connect(receiver, sender),
        lambda: signal.disconnect(receiver, sender),
        lambda: signal.has_receivers_for(sender),
        lambda: by_send(signal, sender),
        lambda: by_send_async(signal, sender),
        lambda: by_receivers_for(signal, sender),
        lambda: signal.connected_to(receiver, sender).__enter__(),
    ):
        with pytest.raises(TypeError, match="unhashable"):
            call()
    assert tables(signal) == before
    signal.disconnect(receiver)
    signal.connect(receiver)
    for _ in range(2):  # once the receivers of ANY are known, no sender has to be looked up
        for ask in (by_send, by_send_async, by_receivers_for, signals.Signal.has_receivers_for):
            with pytest.raises(TypeError, match="unhashable"):
                ask(signal, sender)
        assert by_send(signal, "sender") == [receiver]


# Deaths

MORTAL: dict[str, Callable[[], Any]] = {
    "instance": Thing,
    "equal to all": Equal,
    "hostile": Hostile,
    "function": function,
    "set": lambda: weakref.WeakSet(),
}


@pytest.mark.parametrize("make", MORTAL.values(), ids=MORTAL)
def test_a_connection_ends_when_its_sender_dies(
    signals: ModuleType, collect: Callable[[], None], make: Callable[[], Any]
) -> None:
    signal, receiver, senders = signals.Signal(), function(), [make(), make()]
    for weak, sender in enumerate(senders):
        signal.connect(receiver, sender, weak=bool(weak))
    dead = weakref.ref(sender)
    del sender
    senders.pop()
    collect()
    assert dead() is None
    assert by_send(signal, senders[0]) == [receiver]
    assert len(signal._by_sender) == len(signal._weak_senders) == 1
    senders.pop()
    collect()
    assert_untouched(signal)


def test_a_method_dies_with_its_instance(signals: ModuleType, collect: Callable[[], None]) -> None:
    signal, receiver, senders = signals.Signal(), function(), [Thing()]
    signal.connect(receiver, senders[0].method)
    collect()
    assert by_send(signal, senders[0].method) == [receiver]
    senders.clear()
    collect()
    assert_untouched(signal)


def test_another_object_in_its_place(signals: ModuleType, collect: Callable[[], None]) -> None:
    signal, receiver = signals.Signal(), function()
    for make in (Thing, Equal, lambda: Thing().method, list, object, lambda: (Thing(),)):
        for _ in range(5):
            signal.connect(receiver, make(), weak=False)
            assert by_send(signal, make()) == []
        signal._clear_state()


class Mortal:
    """Tells when it dies."""

    def __init__(self, deaths: list[str]) -> None:
        self.deaths = deaths

    def __del__(self) -> None:
        self.deaths.append("died")


@pytest.mark.parametrize("end", ["disconnect", "disconnect from it", "_clear_state", "death"])
@pytest.mark.parametrize("wrap", [lambda sender: [sender], lambda sender: (sender,)])
def test_a_sender_without_weak_references_lives_while_connected(
    signals: ModuleType, collect: Callable[[], None], end: str, wrap: Callable[[Any], Any]
) -> None:
    signal, receivers = signals.Signal(), [function(), function()]
    deaths: list[str] = []
    senders = [wrap(Mortal(deaths))]
    for receiver in receivers:
        signal.connect(receiver, senders[0])
    del receiver
    signal.disconnect(receivers.pop(), senders[0])
    if end == "disconnect from it":
        signal.disconnect(receivers[0], senders[0])
    senders.clear()
    collect()
    if end != "disconnect from it":
        assert deaths == []
        assert len(signal._by_sender) == 1
        {"disconnect": lambda: signal.disconnect(receivers[0]), "_clear_state": signal._clear_state}.get(
            end, receivers.clear
        )()
        collect()
    assert deaths == ["died"]
    assert_untouched(signal)


def test_a_sender_is_not_kept_alive(signals: ModuleType, collect: Callable[[], None]) -> None:
    signal, receiver, senders = signals.Signal(), function(), [Thing()]
    dead = weakref.ref(senders[0])
    signal.connect(receiver, senders[0], weak=False)
    for ask in (by_send, by_send_async, by_receivers_for, signals.Signal.has_receivers_for):
        assert ask(signal, senders[0])
    senders.clear()
    collect()
    assert dead() is None


@pytest.mark.parametrize("sender", ["sender", MyStr("sender"), 1, MyInt(1), Number.ONE])
def test_a_value_does_not_die(signals: ModuleType, collect: Callable[[], None], sender: Any) -> None:
    signal, receiver, kind = signals.Signal(), function(), type(sender)
    signal.connect(receiver, kind(sender))
    collect()
    assert by_send(signal, sender) == [receiver]
    assert signal._weak_senders == {}


def test_a_receiver_that_is_its_own_sender(signals: ModuleType, collect: Callable[[], None]) -> None:
    signal, things = signals.Signal(), [Thing()]
    signal.connect(things[0].method, things[0])
    ((_, (receiver, sender)),) = signal.send(things[0])
    assert receiver is sender is things[0]
    del receiver, sender, _
    things.clear()
    collect()
    assert_untouched(signal)


@every_way
def test_the_sender_of_a_dispatch_is_kept(
    signals: ModuleType, collect: Callable[[], None], dispatch: Callable[..., Any]
) -> None:
    signal, senders, last = signals.Signal(), [Thing()], function()

    def first(sender: Any) -> None:
        senders.clear()
        collect()

    signal.connect(first, senders[0])
    signal.connect(last, senders[0])
    assert dispatch(signal, senders[0]) == [first, last]


def test_no_sender_leaves_traces_by_sending(signals: ModuleType) -> None:
    signal, receiver = signals.Signal(), function()
    signal.connect(receiver, "sender")
    before = tables(signal)
    senders: list[Any] = [Thing(), 1, "other", None, ANY, [], thing.method]
    for sender in senders:
        for ask in (by_send, by_send_async, by_receivers_for, signals.Signal.has_receivers_for):
            assert not ask(signal, sender)
    assert tables(signal) == before

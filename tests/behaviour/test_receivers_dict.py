"""``signal.receivers``: what the dictionary holds, and what happens when a program changes it."""

from __future__ import annotations

import copy
import weakref
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any
from unittest import mock

import pytest
from support.helpers import (
    Collect,
    Dispatch,
    Receiver,
    Thing,
    assert_untouched,
    awaitable,
    blocking,
    by_receivers_for,
    by_send,
    by_send_async,
    every_way,
    function,
)

from aldis import ANY
from aldis.signals import make_id


class Connected:
    """A signal with three receivers: one of ANY and "sender", one of "sender", one coroutine function of ANY."""

    def __init__(self, signals: ModuleType) -> None:
        self.signal = signals.Signal()
        self.thing = Thing()
        self.receivers: list[Receiver] = [function(), self.thing.method, awaitable(function())]
        first, second, third = self.receivers
        self.signal.connect(first)
        self.signal.connect(first, "sender")
        self.signal.connect(second, "sender", weak=False)
        self.signal.connect(third, weak=False)
        self.keys = [make_id(receiver) for receiver in self.receivers]

    def __iter__(self) -> Iterator[Any]:
        return iter((self.signal, self.receivers, self.keys))

    def assert_calls(self, receivers: list[Receiver]) -> None:
        """Assert that a send from "sender" calls these, and one from another sender those connected to ANY."""
        signal = self.signal
        for _ in range(2):
            for dispatch in (by_send, by_send_async, by_receivers_for):
                assert dispatch(signal, "sender") == receivers
            assert signal.has_receivers_for("sender") is bool(receivers)
        of_any = [receiver for receiver in receivers if receiver != self.thing.method]
        assert by_send(signal, "other") == by_receivers_for(signal, ANY) == of_any
        assert signal.has_receivers_for("other") is signal.has_receivers_for(ANY) is bool(of_any)


def test_receivers_is_a_dictionary_of_identities(signals: ModuleType) -> None:
    signal, (first, second, third), keys = connected = Connected(signals)
    assert isinstance(signal.receivers, dict)
    assert signal.receivers is signal.receivers
    assert list(signal.receivers) == keys
    assert len(signal.receivers) == 3
    held, *strong = signal.receivers.values()
    assert isinstance(held, weakref.ref)
    assert held() is first
    assert strong == [second, third]
    assert signal.receivers == {keys[0]: held, keys[1]: second, keys[2]: third}
    assert repr(signal.receivers) == repr(dict(signal.receivers))
    connected.assert_calls(connected.receivers)
    assert bool(signals.Signal().receivers) is False


# Removing receivers, and putting them back: for each way, the receivers that are left

REMOVALS: dict[str, tuple[Callable[[Any, list[Any]], Any], list[int]]] = {
    "clear": (lambda s, keys: s.receivers.clear(), []),
    "{}": (lambda s, keys: setattr(s, "receivers", {}), []),
    "del": (lambda s, keys: s.receivers.__delitem__(keys[0]), [1, 2]),
    "pop": (lambda s, keys: s.receivers.pop(keys[1]), [0, 2]),
    "a part of it": (lambda s, keys: setattr(s, "receivers", {keys[2]: s.receivers[keys[2]]}), [2]),
    "None": (lambda s, keys: s.receivers.__setitem__(keys[0], None), [1, 2]),
}
COPIES: dict[str, Callable[[dict[Any, Any]], dict[Any, Any]]] = {
    "copy.copy": copy.copy,
    "copy.deepcopy": copy.deepcopy,
    "dict": dict,
    ".copy": lambda receivers: receivers.copy(),
    "|": lambda receivers: receivers | {},
}
RESTORES: dict[str, Callable[[Any, dict[Any, Any]], Any]] = {
    "=": lambda signal, saved: setattr(signal, "receivers", saved),
    "update": lambda signal, saved: signal.receivers.update(saved),
    "update by pairs": lambda signal, saved: signal.receivers.update(list(saved.items())),
    "|=": lambda signal, saved: signal.receivers.__ior__(saved),
    "setdefault": lambda signal, saved: [signal.receivers.setdefault(*item) for item in saved.items()],
    "[]=": lambda signal, saved: [signal.receivers.__setitem__(*item) for item in saved.items()],
}


@pytest.mark.parametrize("change", REMOVALS)
@pytest.mark.parametrize("restore", RESTORES.values(), ids=RESTORES)
def test_removed_receivers_are_not_called_until_they_are_put_back(
    signals: ModuleType, change: str, restore: Callable[..., Any]
) -> None:
    for save in COPIES.values():
        signal, receivers, keys = connected = Connected(signals)
        connected.assert_calls(receivers)
        saved = save(signal.receivers)
        assert type(saved) is dict
        remove, left = REMOVALS[change]
        remove(signal, keys)
        connected.assert_calls([receivers[index] for index in left])
        if change == "None":
            signal.receivers.clear()
        restore(signal, saved)
        assert signal.receivers == saved
        connected.assert_calls(receivers)


@pytest.mark.parametrize("again", ["other", "new"])
@pytest.mark.parametrize("sender", [ANY, "sender"])
def test_connecting_again_publishes_a_removed_receiver(signals: ModuleType, sender: Any, again: str) -> None:
    signal, receiver = signals.Signal(), function()
    for to in (sender, "other"):
        signal.connect(receiver, to)
    signal.receivers.clear()
    assert by_send(signal, "sender") == by_send(signal, "other") == []
    signal.connect(receiver, again)
    assert by_send(signal, "sender") == by_send(signal, "other") == [receiver]


def test_deleting_receivers_puts_the_own_dictionary_back(signals: ModuleType) -> None:
    signal, receivers, _ = connected = Connected(signals)
    own = copy.copy(signal.receivers)
    del signal.receivers
    connected.assert_calls(receivers)
    assert signal.receivers == own
    signal.receivers = {}
    connected.assert_calls([])
    del signal.receivers
    signal.connect(new := function())
    connected.assert_calls([*receivers, new])
    assert list(signal.receivers) == [*own, make_id(new)]


@every_way
@pytest.mark.parametrize("change", ["clear", "{}", "del", "="])
def test_a_change_during_send_takes_effect_at_the_next_send(
    signals: ModuleType, dispatch: Dispatch, change: str
) -> None:
    signal, later, other = signals.Signal(), function(), function()

    def first(sender: Any) -> None:
        if change == "=":
            signal.receivers[make_id(later)] = other
        elif make_id(later) in signal.receivers:
            REMOVALS[change][0](signal, [make_id(later)])

    signal.connect(first)
    signal.connect(later)
    dispatch(signal)
    assert dispatch(signal) == {"clear": [], "{}": [], "del": [first], "=": [first, other]}[change]


# Replacing a receiver


@pytest.mark.parametrize("weakly", [True, False])
@pytest.mark.parametrize("index", range(3))
@pytest.mark.parametrize("asynchronous", [True, False])
def test_the_replacement_is_called(signals: ModuleType, weakly: bool, index: int, asynchronous: bool) -> None:
    signal, receivers, keys = connected = Connected(signals)
    connected.assert_calls(receivers)
    other = awaitable(function("other")) if asynchronous else function("other")
    signal.receivers[keys[index]] = weakref.ref(other) if weakly else other
    expected = [other if position == index else receiver for position, receiver in enumerate(receivers)]
    for dispatch in (by_send, by_send_async, by_receivers_for):
        assert dispatch(signal, "sender") == expected
    assert dict(signal.send("sender", _async_wrapper=blocking))[other] == "other"
    signal.disconnect(receivers[index])
    assert by_send(signal, "sender") == [receiver for receiver in expected if receiver is not other]
    assert keys[index] not in signal.receivers


@pytest.mark.parametrize("weak", [True, False])
def test_a_replacement_ends_when_the_receiver_is_connected_again(signals: ModuleType, weak: bool) -> None:
    signal, receiver, other = signals.Signal(), function(), function()
    signal.connect(receiver)
    signal.receivers[make_id(receiver)] = other
    signal.connect(receiver, "sender", weak)
    assert by_send(signal) == [receiver]
    assert isinstance(signal.receivers[make_id(receiver)], weakref.ref) is weak


@pytest.mark.parametrize("end", ["death", "disconnect"])
def test_a_replacement_ends_with_the_last_connection_of_the_receiver(
    signals: ModuleType, collect: Collect, end: str
) -> None:
    signal, receivers, other = signals.Signal(), [function()], function()
    signal.connect(receivers[0])
    signal.receivers[make_id(receivers[0])] = other
    if end == "disconnect":
        signal.disconnect(receivers[0])
    receivers.clear()
    collect()
    assert_untouched(signal)


@pytest.mark.parametrize("end", ["disconnect", "the sender dies"])
def test_a_receiver_put_in_strongly_stays_strong_while_it_is_connected(
    signals: ModuleType, collect: Collect, end: str
) -> None:
    signal, senders, receivers = signals.Signal(), [Thing()], [function()]
    signal.connect(receivers[0], "sender")
    signal.connect(receivers[0], senders[0])
    key = make_id(receivers[0])
    signal.receivers[key] = receivers.pop()
    collect()
    if end == "disconnect":
        signal.disconnect(signal.receivers[key], senders[0])
    senders.clear()
    collect()
    assert by_send(signal, "sender") == [signal.receivers[key]]
    signal.connect(signal.receivers[key], "sender")  # weakly
    collect()
    assert_untouched(signal, "sender")


@pytest.mark.parametrize("itself", [True, False])
def test_a_weak_reference_that_a_program_put_in_goes_when_its_object_dies(
    signals: ModuleType, collect: Collect, itself: bool
) -> None:
    signal, receivers = signals.Signal(), [function()]
    others = receivers if itself else [function()]
    signal.connect(receivers[0])
    signal.receivers[make_id(receivers[0])] = weakref.ref(others[0])
    assert by_send(signal) == others
    others.clear()
    collect()
    assert by_send(signal) == []
    assert not signal.receivers
    assert not signal.has_receivers_for("sender")


# With the means of tests


def test_receivers_can_be_patched_with_mock(signals: ModuleType) -> None:
    signal, receivers, keys = connected = Connected(signals)
    before, contents = signal.receivers, dict(signal.receivers)
    with mock.patch.object(signal, "receivers", {}):
        connected.assert_calls([])
        assert not signal.receivers
    connected.assert_calls(receivers)
    assert signal.receivers is before
    with mock.patch.object(signal, "receivers", {keys[1]: receivers[1]}):
        connected.assert_calls(receivers[1:2])
        temporary = signal.connect(function())
        connected.assert_calls([receivers[1], temporary])
        signal.disconnect(temporary)
    connected.assert_calls(receivers)
    with mock.patch.dict(signal.receivers, {keys[0]: receivers[1]}, clear=True):
        assert by_send(signal, "sender") == receivers[1:2]
    connected.assert_calls(receivers)
    assert signal.receivers == contents

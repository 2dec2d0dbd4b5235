"""Receivers: their kinds, how they are held, their deaths, and the public dictionary of them changed from outside."""

from __future__ import annotations

import copy
import functools
import sys
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any
from unittest import mock

import pytest
from dispatch import (
    Receiver,
    Slotted,
    Thing,
    assert_untouched,
    awaitable,
    blocking,
    by_receivers_for,
    by_send,
    by_send_async,
    every_way,
    finish,
    function,
    tables,
    weakly_referenced,
)

from aldis import ANY
from aldis._identity import make_id

# Kinds


class Callable_:
    """A callable that is equal to all others of its kind and has no hash."""

    def __call__(self, sender: Any, **kwargs: Any) -> Any:
        return sender

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Callable_)

    __hash__ = None  # type: ignore[assignment]


class Made:
    def __init__(self, sender: Any, **kwargs: Any) -> None:
        self.sender = sender


class OtherThing(Thing):
    pass


class MyList(list):  # type: ignore[type-arg]
    """A list that can be weakly referenced."""


thing, slotted, items, my_items = Thing(), Slotted(), ["sender"], MyList()
partial, callable_ = functools.partial(function()), Callable_()
queue: deque[Any] = deque()
cached, double, magic_double = functools.lru_cache(repr), mock.Mock(), mock.MagicMock()

# What gives the receiver, and another receiver of the same kind
KINDS: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
    "function": (lambda: Thing.static_method, function),
    "method": (lambda: thing.method, lambda: Thing().method),
    "method of the same instance": (lambda: thing.method, lambda: thing.other_method),
    "class method": (lambda: Thing.class_method, lambda: OtherThing.class_method),
    "method of a builtin's subclass": (lambda: my_items.append, lambda: MyList().append),
    "partial": (lambda: partial, lambda: functools.partial(partial.func)),
    "instance": (lambda: callable_, Callable_),
    "instance's __call__": (lambda: callable_.__call__, lambda: Callable_().__call__),
    "builtin function": (lambda: repr, lambda: ascii),
    "bound builtin with weak references": (lambda: queue.append, lambda: deque().append),
    "bound builtin": (lambda: items.append, lambda: [1].append),
    "another bound builtin": (lambda: items.index, lambda: items.count),
    "method wrapper": (lambda: items.__eq__, lambda: items.__ne__),
    "method descriptor": (lambda: str.swapcase, lambda: str.upper),
    "class": (lambda: Made, lambda: type("Made", (Made,), {})),
    "builtin type": (lambda: str, lambda: repr),
    "cached function": (lambda: cached, lambda: functools.lru_cache(repr)),
    "mock": (lambda: double, lambda: mock.Mock()),
    "magic mock": (lambda: magic_double, lambda: mock.MagicMock()),
    "slotted instance": (lambda: slotted, Slotted),
    "method of a slotted instance": (lambda: slotted.method, lambda: Slotted().method),
}
every_kind = pytest.mark.parametrize(("get", "get_other"), KINDS.values(), ids=KINDS)


@every_kind
@pytest.mark.parametrize("sender", [ANY, "sender"])
def test_every_kind_of_receiver(
    signals: ModuleType, get: Callable[[], Any], get_other: Callable[[], Any], sender: Any
) -> None:
    signal, other = signals.Signal(), get_other()
    assert signal.connect(get(), sender, weak=False) == get()
    signal.connect(get(), sender, weak=False)
    signal.connect(other, sender, weak=False)
    for dispatch in (by_send, by_receivers_for, by_send_async):
        first, second = dispatch(signal, "sender")
        assert [make_id(first), make_id(second)] == [make_id(get()), make_id(other)]
    assert list(signal.receivers) == [make_id(get()), make_id(other)]
    assert list(signal.receivers.values()) == [get(), other]
    signal.disconnect(get(), sender)
    assert by_send(signal, "sender") == [other]
    signal.disconnect(other)
    assert_untouched(signal, "sender")


@every_kind
def test_every_kind_of_receiver_weakly(
    signals: ModuleType, get: Callable[[], Any], get_other: Callable[[], Any]
) -> None:
    signal, receiver = signals.Signal(), get()
    if not weakly_referenced(receiver):
        with pytest.raises(TypeError, match="weak=False"):
            signal.connect(receiver)
        assert_untouched(signal)
        return
    assert signal.connect(receiver) is receiver
    assert by_send(signal, "sender") == [receiver]
    (held,) = signal.receivers.values()
    assert isinstance(held, weakref.ref)
    assert held() == receiver
    signal.disconnect(get())
    assert_untouched(signal)


def test_what_builtins_get(signals: ModuleType) -> None:
    signal = signals.Signal()
    got: list[Any] = []
    signal.connect(got.append, weak=False)
    signal.connect(Made, weak=False)
    results = signal.send("sender")
    assert got == ["sender"]
    assert results[0] == (got.append, None)
    assert isinstance(results[1][1], Made)
    with pytest.raises(TypeError, match="keyword"):
        signal.send("sender", a=1)
    signal.disconnect(got.append)
    assert signal.send("sender", a=1)[0][1].sender == "sender"


@pytest.mark.parametrize("make", [deque, MyList])
def test_a_bound_builtin_lives_as_its_instance_does(
    signals: ModuleType, collect: Callable[[], None], make: Callable[[], Any]
) -> None:
    signal, instances = signals.Signal(), [make()]
    signal.connect(instances[0].append)
    signal.connect(instances[0].append, "sender")
    collect()
    assert by_send(signal, "sender") == [instances[0].append]
    assert list(instances[0]) == ["sender"]
    signal.disconnect(instances[0].append, "sender")
    assert by_send(signal, "sender") == [instances[0].append]
    instances.clear()
    collect()
    assert_untouched(signal)


@pytest.mark.skipif(sys.implementation.name == "pypy", reason="has no such thing as a bound builtin")
def test_a_bound_builtin_of_what_has_no_weak_references(signals: ModuleType, collect: Callable[[], None]) -> None:
    signal = signals.Signal()
    got: list[Any] = []
    signal.connect(got.append)
    collect()
    assert_untouched(signal)
    signal.connect(got.append, weak=False)
    signal.connect(got.append, "sender")
    collect()
    assert by_send(signal, "sender") == [got.append]
    assert len(got) == 1
    signal.disconnect(got.append, "sender")
    assert by_send(signal, "sender") == [got.append]


@pytest.mark.skipif(sys.implementation.name == "pypy", reason="has no such thing as a bound builtin")
def test_a_bound_builtin_made_anew_outlives_the_one_before(signals: ModuleType, collect: Callable[[], None]) -> None:
    signal = signals.Signal()
    got: list[Any] = []
    first, second = got.append, got.append
    signal.connect(first)
    [reference] = signal.receivers.values()  # tells of a death as long as it lives
    signal.connect(second)
    del first
    collect()
    assert reference() is None
    assert by_send(signal) == [second]


def test_one_instance_with_many_receivers(signals: ModuleType) -> None:
    signal, thing = signals.Signal(), Thing()
    receivers = [thing.method, thing.class_method, thing.static_method, Thing.method]
    for receiver in receivers:
        signal.connect(receiver)
    signal.disconnect(Thing.method)
    assert by_send(signal) == receivers[:3]
    signal.disconnect(thing.class_method)
    assert by_send(signal) == [receivers[0], receivers[2]]


# Strength


def shown(signal: Any) -> list[bool]:
    """Tell of each receiver whether it is shown as a weak reference."""
    return [isinstance(held, weakref.ref) for held in signal.receivers.values()]


@pytest.mark.parametrize("make", [function, lambda: Thing().method], ids=["function", "method"])
@pytest.mark.parametrize("sender", [ANY, "sender", 0])
def test_a_weak_receiver_dies(
    signals: ModuleType, collect: Callable[[], None], make: Callable[[], Any], sender: Any
) -> None:
    signal, receivers, stays = signals.Signal(), [make()], function()
    signal.connect(receivers[0], sender)
    signal.connect(receivers[0], "other")
    signal.connect(stays, sender)
    assert len(by_send(signal, sender)) == 2
    receivers.clear()
    collect()
    assert by_send(signal, sender) == [stays]
    assert not (by_send(signal, "other") if sender is not ANY else [])
    assert len(signal.receivers) == len(signal._by_receiver) == 1
    del stays
    collect()
    assert_untouched(signal, sender, "other")


@pytest.mark.parametrize("make", [function, lambda: Thing().method, lambda: Slotted().method], ids=str)
def test_a_strong_receiver_lives(signals: ModuleType, collect: Callable[[], None], make: Callable[[], Any]) -> None:
    signal = signals.Signal()
    signal.connect(make(), "sender", weak=False)
    collect()
    assert len(by_send(signal, "sender")) == 1
    assert shown(signal) == [False]


def test_a_method_needs_its_function_too(signals: ModuleType, collect: Callable[[], None]) -> None:
    class Local:
        pass

    instance, signal = Local(), signals.Signal()
    Local.method = lambda self, sender: "called"  # type: ignore[attr-defined]
    signal.connect(instance.method)  # type: ignore[attr-defined]
    assert [result for _, result in signal.send()] == ["called"]
    del Local.method  # type: ignore[attr-defined]
    collect()
    assert_untouched(signal)


@pytest.mark.parametrize("weak", [["a"], ["b"], [ANY], ["a", ANY], []], ids=str)
def test_strength_belongs_to_the_pair(signals: ModuleType, collect: Callable[[], None], weak: list[Any]) -> None:
    signal, receivers = signals.Signal(), [function()]
    senders = [ANY, "b", "a"] if "a" in weak else ["a", "b", ANY]
    alive = weakref.ref(receivers[0])
    for sender in senders:
        signal.connect(receivers[0], sender, weak=sender in weak)
    receivers.clear()
    strong = [sender for sender in senders if sender not in weak and sender is not ANY]
    for sender in strong:
        collect()
        assert shown(signal) == [False]
        assert len(by_send(signal, "a")) == len(by_send(signal, "b")) == 1, "all its pairs live with it"
        signal.disconnect(alive(), sender)
    collect()
    assert (alive() is None) == (ANY in weak)
    if ANY in weak:
        assert_untouched(signal, "a", "b")
    else:
        assert set(by_send(signal, "a")) == {alive()}


@pytest.mark.parametrize("weak", [[True, False], [False, True], [True, False, True], [False, True, False]], ids=str)
@pytest.mark.parametrize("sender", [ANY, "sender"])
def test_connecting_again_sets_the_strength(
    signals: ModuleType, collect: Callable[[], None], sender: Any, weak: list[bool]
) -> None:
    signal, receivers = signals.Signal(), [function()]
    for strength in weak:
        signal.connect(receivers[0], sender, strength)
        assert shown(signal) == [strength]
    receivers.clear()
    collect()
    assert len(by_send(signal, sender)) == (0 if weak[-1] else 1)


@pytest.mark.parametrize("weakly", [[], [ANY]])
def test_an_end_releases_the_receiver(signals: ModuleType, collect: Callable[[], None], weakly: list[Any]) -> None:
    signal, senders, receivers = signals.Signal(), [Thing()], [Thing()]
    signal.connect(receivers[0].method, senders[0], weak=False)
    for sender in weakly:
        signal.connect(receivers[0].method, sender)
    alive = weakref.ref(receivers.pop())
    collect()
    assert alive() is not None
    senders.clear()
    collect()
    assert alive() is None
    assert_untouched(signal)


def test_a_weak_receiver_is_not_kept_by_what_was_sent(signals: ModuleType, collect: Callable[[], None]) -> None:
    signal, things = signals.Signal(), [Thing()]
    signal.connect(things[0].method, "sender")
    signal.connect(things[0].method)
    for dispatch in (by_send, by_send_async, by_receivers_for):
        assert len(dispatch(signal, "sender")) == 1
    alive = weakref.ref(things.pop())
    collect()
    assert alive() is None
    assert_untouched(signal, "sender")


def test_another_receiver_in_its_place(signals: ModuleType, collect: Callable[[], None]) -> None:
    signal = signals.Signal()
    makes: list[Callable[[], Any]] = [function, lambda: Thing().method]
    for make in makes:
        for _ in range(5):
            signal.connect(make())
            collect()
            kept = make()
            assert by_send(signal) == []
            assert make_id(kept) not in signal.receivers
    assert_untouched(signal)


def test_a_receiver_is_replaced_by_one_with_its_identity(signals: ModuleType, collect: Callable[[], None]) -> None:
    signal, calls = signals.Signal(), []

    def connect() -> None:
        signal.connect(receiver := lambda sender: calls.append("old"))
        del receiver

    for _ in range(5):
        connect()
        receiver = signal.connect(lambda sender: calls.append("new"))
        collect()
        assert by_send(signal) == [receiver]
        del receiver
        collect()
        assert_untouched(signal)
    assert set(calls) == {"new"}


def test_a_receiver_takes_the_identity_of_one_that_died(signals: ModuleType, collect: Callable[[], None]) -> None:
    sender, other = Thing(), function("other")
    for _ in range(10):
        signal, receivers = signals.Signal(), [function("dead")]
        key = make_id(receivers[0])
        signal.connect(receivers[0], sender)
        signal.receivers[key] = other  # so that the connection outlives its receiver
        receivers.clear()
        collect()
        new = sorted((function("new") for _ in range(20)), key=lambda receiver: make_id(receiver) != key)
        for receiver in new:
            signal.connect(receiver, sender)
        expected = [] if make_id(new[0]) == key else ["other"]
        assert [result for _, result in signal.send(sender)] == expected + ["new"] * 20
        signal._clear_state()
        assert_untouched(signal, sender)


# The public dictionary


class Watched:
    """A signal with three receivers, connected in all ways."""

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
        """A send from the connected sender calls these, and so does every other way; one from another those of ANY."""
        signal = self.signal
        for _ in range(2):
            assert by_send(signal, "sender") == receivers
            assert by_send_async(signal, "sender") == receivers
            assert by_receivers_for(signal, "sender") == receivers
            assert signal.has_receivers_for("sender") is bool(receivers)
        of_any = [receiver for receiver in receivers if receiver != self.thing.method]
        assert by_send(signal, "other") == by_receivers_for(signal, ANY) == of_any
        assert signal.has_receivers_for("other") is signal.has_receivers_for(ANY) is bool(of_any)


def test_it_is_a_dictionary(signals: ModuleType) -> None:
    signal, (first, second, third), keys = watched = Watched(signals)
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
    watched.assert_calls(watched.receivers)
    assert bool(signals.Signal().receivers) is False


# How it is changed, and which of the three receivers are left
REMOVALS: dict[str, tuple[Callable[[Any, list[Any]], Any], list[int]]] = {
    "clear": (lambda s, keys: s.receivers.clear(), []),
    "{}": (lambda s, keys: setattr(s, "receivers", {}), []),
    "del": (lambda s, keys: s.receivers.__delitem__(keys[0]), [1, 2]),
    "pop": (lambda s, keys: s.receivers.pop(keys[1]), [0, 2]),
    "pop with a default": (lambda s, keys: s.receivers.pop(keys[1], None), [0, 2]),
    "popitem": (lambda s, keys: s.receivers.popitem(), [0, 1]),
    "popitem until empty": (lambda s, keys: [s.receivers.popitem() for _ in keys], []),
    "a part of it": (lambda s, keys: setattr(s, "receivers", {keys[2]: s.receivers[keys[2]]}), [2]),
    "all that is not strong": (
        lambda s, keys: setattr(s, "receivers", {k: r for k, r in s.receivers.items() if callable(r) and k != keys[0]}),
        [1, 2],
    ),
    "deleted": (lambda s, keys: delattr(s, "receivers"), []),
    "None": (lambda s, keys: s.receivers.__setitem__(keys[0], None), [1, 2]),
}

# How those who save and restore it get a copy
COPIES: dict[str, Callable[[dict[Any, Any]], dict[Any, Any]]] = {
    "copy.copy": copy.copy,
    "copy.deepcopy": copy.deepcopy,
    "dict": dict,
    ".copy": lambda receivers: receivers.copy(),
    "|": lambda receivers: receivers | {},
    "{**}": lambda receivers: {**receivers},
    "itself": lambda receivers: receivers,
}
RESTORES: dict[str, Callable[[Any, dict[Any, Any]], Any]] = {
    "=": lambda signal, saved: setattr(signal, "receivers", saved),
    "update": lambda signal, saved: signal.receivers.update(saved),
    "update by pairs": lambda signal, saved: signal.receivers.update(list(saved.items())),
    "|=": lambda signal, saved: signal.receivers.__ior__(saved),
    "setdefault": lambda signal, saved: [signal.receivers.setdefault(*item) for item in saved.items()],
    "[]=": lambda signal, saved: [signal.receivers.__setitem__(*item) for item in saved.items()],
}


@pytest.mark.parametrize(("change", "left"), REMOVALS.values(), ids=REMOVALS)
def test_receivers_are_taken_out(signals: ModuleType, change: Callable[[Any, list[Any]], Any], left: list[int]) -> None:
    signal, receivers, keys = watched = Watched(signals)
    watched.assert_calls(receivers)
    change(signal, keys)
    watched.assert_calls([receivers[index] for index in left])


def test_an_update_that_breaks_off(signals: ModuleType) -> None:
    signal, receivers, keys = watched = Watched(signals)
    watched.assert_calls(receivers)
    with pytest.raises(TypeError):
        signal.receivers.update([(keys[0], None), None])
    watched.assert_calls(receivers)


class Strange:
    """A key that runs code of the program's when it is looked for."""


@pytest.mark.parametrize("key", [Strange(), (1, Strange()), frozenset()], ids=str)
@pytest.mark.parametrize(
    "put",
    [
        lambda signal, key: signal.receivers.__setitem__(key, function()),
        lambda signal, key: signal.receivers.setdefault(key, function()),
        lambda signal, key: signal.receivers.update({key: function()}),
        lambda signal, key: signal.receivers.update([("name", function()), (key, function())]),
        lambda signal, key: signal.receivers.__ior__({key: function()}),
        lambda signal, key: setattr(signal, "receivers", {key: function()}),
    ],
)
def test_keys_that_run_code(signals: ModuleType, put: Callable[[Any, Any], Any], key: Any) -> None:
    signal, receivers, _ = watched = Watched(signals)
    before = tables(signal)
    with pytest.raises(TypeError, match=r"^Cannot put .+ into receivers: its keys are numbers, strings or tuples"):
        put(signal, key)
    assert tables(signal) == before
    watched.assert_calls(receivers)


@pytest.mark.parametrize("weak", [True, False])
@pytest.mark.parametrize("sender", [ANY, "sender"], ids=str)
def test_receivers_that_are_strings(signals: ModuleType, sender: Any, weak: bool) -> None:
    """They are known by who they are: no table asks them for a hash, or whether they are equal."""

    class Command(str):
        def __call__(self, sender: Any, **kwargs: Any) -> Any:
            return self

        def __hash__(self) -> int:
            raise LookupError("asked for a hash")

        def __eq__(self, other: object) -> bool:
            raise LookupError("asked whether it is equal")

    signal, one, other = signals.Signal(), Command("same"), Command("same")
    for receiver in (one, other, one):
        assert signal.connect(receiver, sender, weak) is receiver
    assert list(signal.receivers) == [id(one), id(other)]
    assert [result is receiver for (_, result), receiver in zip(signal.send(sender), (one, other))] == [True, True]
    signal.disconnect(one, sender)
    [(called, _)] = signal.send(sender)
    assert called is other
    with signal.connected_to(one, sender):
        assert len(signal.send(sender)) == 2
    signal.receivers.clear()
    assert signal.send(sender) == []
    signal.disconnect(other)
    assert_untouched(signal, sender)


@pytest.mark.parametrize("change", ["clear", "del", "pop", "popitem", "{}", "None"])
@pytest.mark.parametrize("save", COPIES.values(), ids=COPIES)
@pytest.mark.parametrize("restore", RESTORES.values(), ids=RESTORES)
def test_receivers_are_put_back(
    signals: ModuleType, change: str, save: Callable[..., Any], restore: Callable[..., Any]
) -> None:
    signal, receivers, keys = watched = Watched(signals)
    saved = save(signal.receivers)
    assert isinstance(saved, dict)
    assert saved == signal.receivers
    if saved is signal.receivers:
        if change != "{}":
            return  # nothing was saved
        contents = dict(saved)
    else:
        contents = saved
    REMOVALS[change][0](signal, keys)
    watched.assert_calls([receivers[index] for index in REMOVALS[change][1]])
    if change == "None":
        signal.receivers.clear()
    restore(signal, saved)
    assert signal.receivers == contents
    watched.assert_calls(receivers)


@pytest.mark.parametrize("weakly", [True, False])
@pytest.mark.parametrize("index", range(3))
@pytest.mark.parametrize("asynchronous", [True, False])
def test_another_in_its_place(signals: ModuleType, weakly: bool, index: int, asynchronous: bool) -> None:
    signal, receivers, keys = watched = Watched(signals)
    watched.assert_calls(receivers)
    other = awaitable(function("other")) if asynchronous else function("other")
    signal.receivers[keys[index]] = weakref.ref(other) if weakly else other
    expected = [other if position == index else receiver for position, receiver in enumerate(receivers)]
    assert by_send(signal, "sender") == by_send_async(signal, "sender") == expected
    assert by_receivers_for(signal, "sender") == expected
    assert dict(signal.send("sender", _async_wrapper=blocking))[other] == "other"
    signal.disconnect(receivers[index])
    assert by_send(signal, "sender") == [receiver for receiver in expected if receiver is not other]
    assert keys[index] not in signal.receivers


@pytest.mark.parametrize("weakly", [True, False])
def test_another_in_its_place_lives_its_own_life(
    signals: ModuleType, collect: Callable[[], None], weakly: bool
) -> None:
    signal, receivers, others = signals.Signal(), [function()], [function("other")]
    key = make_id(receivers[0])
    signal.connect(receivers[0])
    signal.receivers[key] = weakref.ref(others[0]) if weakly else others[0]
    receivers.clear()
    collect()
    assert [result for _, result in signal.send()] == ["other"]
    others.clear()
    collect()
    assert [result for _, result in signal.send()] == ([] if weakly else ["other"])


def test_a_method_put_in_by_weak_reference(signals: ModuleType) -> None:
    signal, receiver, thing = signals.Signal(), function(), Thing()
    signal.connect(receiver)
    signal.receivers[make_id(receiver)] = weakref.WeakMethod(thing.method)
    assert by_send(signal, "sender") == by_receivers_for(signal, "sender") == [thing.method]
    assert signal.send("sender") == [(thing.method, (thing, "sender"))]


def test_receivers_of_nobody(signals: ModuleType) -> None:
    signal, stranger = signals.Signal(), function()
    signal.receivers[make_id(stranger)] = stranger
    assert len(signal.receivers) == 1
    assert by_send(signal, "sender") == []
    assert not signal.has_receivers_for("sender")
    signal.connect(stranger, "sender")
    assert by_send(signal, "sender") == [stranger]
    signal.disconnect(stranger)
    assert_untouched(signal, "sender")
    no_identities = ["stranger", None, 2.5, (1,), (1, 2, 3, 4), -1, 2**70, ("a", "b"), (1, "b"), (str, None, 1)]
    signal.receivers.update(dict.fromkeys(no_identities, stranger))
    signal._clear_state()
    assert_untouched(signal)
    for key in no_identities:
        signal._disconnect(key, 0)
    signal.receivers[make_id(stranger)] = stranger
    signal.disconnect(stranger)
    assert_untouched(signal)


def test_nothing_is_missed_where_receivers_was_deleted(signals: ModuleType) -> None:
    signal, receiver = signals.Signal(), function()
    for end in (lambda: signal.disconnect(receiver), signal._clear_state):
        signal.connect(receiver)
        del signal.receivers
        end()
        assert not hasattr(signal, "receivers")
        signal.connect(receiver)
        assert by_send(signal) == [receiver]
        signal.disconnect(receiver)
        assert_untouched(signal)


@every_way
def test_a_receiver_that_raises_when_it_is_looked_at(signals: ModuleType, dispatch: Callable[..., Any]) -> None:
    class Elusive:
        def __init__(self) -> None:
            self.hides = True

        @property  # type: ignore[misc]
        def __class__(self) -> type:
            if self.hides:
                raise LookupError("not to be seen")
            return Elusive

        def __call__(self, sender: Any) -> None: ...

    signal, elusive = signals.Signal(), Elusive()
    signal.connect(elusive)
    for _ in range(2):
        with pytest.raises(LookupError, match="not to be seen"):
            dispatch(signal)
    elusive.hides = False
    assert dispatch(signal) == [elusive]


def test_the_dead_are_forgotten_once_none_is_in_their_place(signals: ModuleType, collect: Callable[[], None]) -> None:
    signal, receiver, kept = signals.Signal(), function(), Thing()
    alive = weakref.ref(kept)
    signal.connect(receiver, [kept])  # which the connection keeps alive
    signal.receivers[make_id(receiver)] = function()
    del receiver, kept
    collect()
    signal.receivers.clear()
    collect()
    assert alive() is None


def test_connecting_again_puts_a_receiver_back(signals: ModuleType) -> None:
    signal, receiver = signals.Signal(), function()
    for sender in ("sender", "other"):
        signal.connect(receiver, sender)
    signal.receivers.clear()
    assert by_send(signal, "sender") == by_send(signal, "other") == []
    signal.connect(receiver, "other")
    assert by_send(signal, "sender") == by_send(signal, "other") == [receiver]


@pytest.mark.parametrize("change", ["clear", "{}", "deleted"])
def test_connecting_after_a_change(signals: ModuleType, change: str) -> None:
    signal, receivers, keys = watched = Watched(signals)
    REMOVALS[change][0](signal, keys)
    new = signal.connect(function())
    watched.assert_calls([new])
    signal.connect(receivers[1], "sender")
    assert by_send(signal, "sender") == [receivers[1], new]
    assert list(signal.receivers) == [make_id(new), keys[1]]
    signal.disconnect(new)
    for receiver in receivers:
        signal.disconnect(receiver)
    assert_untouched(signal, "sender")


@pytest.mark.parametrize("change", ["clear", "{}", "del"])
def test_deaths_after_a_change(signals: ModuleType, collect: Callable[[], None], change: str) -> None:
    signal, receivers = signals.Signal(), [function()]
    signal.connect(receivers[0], "sender")
    key, saved = make_id(receivers[0]), copy.copy(signal.receivers)
    REMOVALS[change][0](signal, [key])
    receivers.clear()
    collect()
    assert_untouched(signal, "sender")
    signal.receivers = saved
    assert by_send(signal, "sender") == list(signal.receivers_for("sender")) == []
    assert not signal.has_receivers_for("sender")


@pytest.mark.parametrize("how", ["connected_to", "refused"])
@pytest.mark.parametrize("replaced", [True, False])
def test_what_is_restored_is_the_pair_not_the_dictionary(signals: ModuleType, how: str, replaced: bool) -> None:
    signal, receiver, other = signals.Signal(), function(), function()
    signal.connect(receiver)

    def change(*args: Any, **kwargs: Any) -> None:
        signal.receivers.clear()
        if replaced:
            signal.receivers[make_id(receiver)] = other

    if how == "connected_to":
        with signal.connected_to(receiver):
            change()
    else:
        signal.receiver_connected.connect(change)
        signal.receiver_connected.connect(lambda *args, **kwargs: 1 / 0, weak=False)
        with pytest.raises(ZeroDivisionError):
            signal.connect(receiver, weak=False)
    assert by_send(signal) == by_receivers_for(signal) == ([other] if replaced else [])
    signal.disconnect(receiver)
    assert_untouched(signal)


def test_it_is_replaced_by_what_is_no_dictionary_of_a_signal(signals: ModuleType) -> None:
    signal, other, receiver = signals.Signal(), signals.Signal(), function()
    signal.connect(receiver)
    other.connect(receiver)
    signal.receivers = other.receivers
    other.receivers.clear()
    assert by_send(other) == []
    signal.receivers = {make_id(receiver): receiver}
    assert by_send(signal) == [receiver]
    assert signal.receivers == {make_id(receiver): receiver}
    assert by_send(other) == []


# By the means of tests


def test_patched_with_mock(signals: ModuleType) -> None:
    signal, receivers, keys = watched = Watched(signals)
    before, contents = signal.receivers, dict(signal.receivers)
    with mock.patch.object(signal, "receivers", {}):
        watched.assert_calls([])
        assert not signal.receivers
    watched.assert_calls(receivers)
    assert signal.receivers is before
    with mock.patch.object(signal, "receivers", {keys[1]: receivers[1]}):
        watched.assert_calls(receivers[1:2])
        temporary = signal.connect(function())
        watched.assert_calls([receivers[1], temporary])
        signal.disconnect(temporary)
    watched.assert_calls(receivers)
    with mock.patch.dict(signal.receivers, {keys[0]: receivers[1]}, clear=True):
        assert by_send(signal, "sender") == receivers[1:2]
    watched.assert_calls(receivers)
    with mock.patch.dict(signal.receivers):
        signal.receivers.clear()
        watched.assert_calls([])
    watched.assert_calls(receivers)
    assert signal.receivers == contents


def test_patched_with_monkeypatch(signals: ModuleType) -> None:
    signal, receivers, keys = watched = Watched(signals)
    contents = dict(signal.receivers)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(signal, "receivers", {})
        watched.assert_calls([])
    watched.assert_calls(receivers)
    with pytest.MonkeyPatch.context() as patch:
        patch.delattr(signal, "receivers")
        watched.assert_calls([])
        assert not hasattr(signal, "receivers")
    watched.assert_calls(receivers)
    with pytest.MonkeyPatch.context() as patch:
        patch.delitem(signal.receivers, keys[2])
        patch.setitem(signal.receivers, keys[0], receivers[1])
        assert by_send(signal, "sender") == [receivers[1], receivers[1]]
    assert signal.receivers == contents
    assert sorted(map(id, by_send(signal, "other"))) == sorted([id(receivers[0]), id(receivers[2])])


# While a dispatch runs


@every_way
@pytest.mark.parametrize("change", ["clear", "{}", "del", "="])
def test_it_is_changed_while_a_dispatch_runs(signals: ModuleType, dispatch: Callable[..., Any], change: str) -> None:
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


def test_a_copy_that_is_changed_changes_nothing(signals: ModuleType) -> None:
    signal, receivers, _ = watched = Watched(signals)
    for save in list(COPIES.values())[:-1]:
        taken = save(signal.receivers)
        assert type(taken) is dict
        taken.clear()
        watched.assert_calls(receivers)
    before = tables(signal)
    with pytest.raises(KeyError):
        del signal.receivers["unknown"]
    with pytest.raises(KeyError):
        signal.receivers.pop("unknown")
    with pytest.raises(TypeError):
        signal.receivers[[]] = function()
    with pytest.raises(KeyError):
        signals.Signal().receivers.popitem()
    assert tables(signal) == before
    assert finish(signal.send_async("unknown", _sync_wrapper=awaitable)) == [(receivers[0], None), (receivers[2], None)]

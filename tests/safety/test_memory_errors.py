"""Memory runs out at every allocation of every operation: a ``MemoryError`` propagates, and the tables stay whole."""

from __future__ import annotations

import gc
import sys
import weakref
from collections import deque
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any, NamedTuple

import pytest
from dispatch import GIL, Receiver, Thing, assert_untouched, blocking, by_send, finish, function

from aldis import ANY
from aldis._identity import make_id

if sys.implementation.name != "cpython":
    pytest.skip("this interpreter cannot let memory run out on purpose", allow_module_level=True)
testcapi = pytest.importorskip("_testcapi", reason="this interpreter cannot let memory run out on purpose")
if not GIL:
    pytest.skip("free-threaded CPython dies where it has no memory for a frame", allow_module_level=True)

Connection = tuple[Receiver, Any, bool]  # a receiver, a sender, and whether it is connected strongly


class Scene:
    """A signal with a number of connections of all sorts, and what it should be like."""

    def __init__(self, signals: ModuleType, size: int) -> None:
        self.signal = signals.Signal()
        self.things = [Thing() for _ in range(size)]
        self.connections: list[Connection] = []
        for number, thing in enumerate(self.things):
            receiver = thing.method if number % 2 else function(number)
            self.connect(receiver, (ANY, self.things[number - 1], "sender", 2**70)[number % 4], number % 3 == 0)
        if size:
            self.connect(self.connections[0][0], "sender", False)

    def connect(self, *connection: Any) -> None:
        receiver, sender, strong = connection
        self.signal.connect(receiver, sender, not strong)
        self.connections.append(connection)

    def state(self) -> list[tuple[Any, ...]]:
        """Return what the tables and the public dictionary say."""
        shown = [(key, isinstance(value, weakref.ref)) for key, value in self.signal.receivers.items()]
        return [*shown, *((receiver, sender, strong) for _, _, receiver, sender, strong in self.signal._connections())]

    def whole(self, connections: list[Connection]) -> list[tuple[Any, ...]]:
        """Return what ``state`` is to be with these connections."""
        weak = {make_id(receiver): True for receiver, _, _ in connections}
        weak |= {make_id(receiver): False for receiver, _, strong in connections if strong}
        return [*weak.items(), *connections]

    def called(self, connections: list[Connection], sender: Any) -> list[Receiver]:
        return list({make_id(r): r for r, to, _ in connections if to is ANY or make_id(to) == make_id(sender)}.values())


class Case(NamedTuple):
    """An operation, the connections after it, a promise about what it returns, and a connection that may stay where
    it fails half-way."""

    operation: Callable[[], Any]
    after: list[Connection]
    keeps: Callable[[Any], bool] = lambda result: True
    between: tuple[Connection, ...] = ()


METHOD = Thing().method
Prepare = Callable[[Scene], Case]


def connecting(make: Callable[[], Receiver], make_sender: Callable[[Scene], Any], weak: bool = True) -> Prepare:
    def prepare(scene: Scene) -> Case:
        receiver, sender = make(), make_sender(scene)
        connect = scene.signal.connect
        return Case(lambda: connect(receiver, sender, weak), [*scene.connections, (receiver, sender, not weak)])

    return prepare


def connecting_again(scene: Scene) -> Case:
    """The strength of one pair changes, and that of its receiver with it."""
    receiver, sender, strong = scene.connections[3]
    connect, after = scene.signal.connect, list(scene.connections)
    after[3] = (receiver, sender, not strong)
    return Case(lambda: connect(receiver, sender, strong), after)


def connecting_observed(scene: Scene) -> Case:
    scene.signal.receiver_connected.connect(lambda observed, **kwargs: None, weak=False)
    return connecting(function, lambda scene: "sender", False)(scene)


def disconnecting(position: int, scoped: bool) -> Prepare:
    def prepare(scene: Scene) -> Case:
        receiver, sender, _ = scene.connections[position]
        disconnect, to = scene.signal.disconnect, sender if scoped else ANY
        after = [c for c in scene.connections if c[0] != receiver or (scoped and c[1] != to)]
        return Case(lambda: disconnect(receiver, to), after)

    return prepare


def shrinking(scene: Scene) -> Case:
    while len(scene.connections) > 16:
        receiver, sender, _ = scene.connections.pop(1)
        scene.signal.disconnect(receiver, sender)
    return disconnecting(5, True)(scene)


def in_a_block(scene: Scene) -> Case:
    receiver, signal = function(), scene.signal

    def operation() -> list[Receiver]:
        with signal.connected_to(receiver, "block"):
            return [found for found, _ in signal.send("block")]

    expected = [*scene.called(scene.connections, ANY), receiver]
    return Case(operation, scene.connections, lambda found: found == expected, ((receiver, "block", True),))


def muted(scene: Scene) -> Case:
    signal = scene.signal

    def operation() -> Any:
        with signal.muted():
            return signal.send("sender")

    return Case(operation, scene.connections, lambda found: found == [] and not signal.is_muted)


def sending(make: Callable[[Any], Callable[[], Any]], *, before: bool = False) -> Prepare:
    """The first send makes a plan, a send before that only takes it."""

    def prepare(scene: Scene) -> Case:
        signal, expected = scene.signal, scene.called(scene.connections, "sender")
        if before:
            signal.send("sender")

        def right(found: Any) -> bool:
            return found is True or [each[0] if isinstance(each, tuple) else each for each in found] == expected

        return Case(make(signal), scene.connections, right)

    return prepare


def listing(scene: Scene) -> Case:
    signal, expected = scene.signal, scene.connections
    return Case(signal._connections, expected, lambda found: [each[2:] for each in found] == expected)


def copying(how: Callable[[Any], Any]) -> Prepare:
    def prepare(scene: Scene) -> Case:
        signal = scene.signal

        def alike(made: Any) -> bool:
            return by_send(made, "sender") == by_send(signal, "sender")

        return Case(lambda: how(signal), scene.connections, alike)

    return prepare


def dying(*positions: int) -> Prepare:
    """Things that are receivers by their methods, or senders."""

    def prepare(scene: Scene) -> Case:
        dead = [scene.things[position] for position in positions]

        def gone(part: Any) -> bool:
            return any(getattr(part, "__self__", part) is thing for thing in dead)

        after = [c for c in scene.connections if not gone(c[1]) and (not gone(c[0]) or c[2])]
        for position in positions:
            scene.things[position] = Thing()
        scene.connections = after  # which does not hold them
        del gone
        return Case(dead.clear, after)

    return prepare


def emptying(how: Callable[[Any], Any]) -> Prepare:
    return lambda scene: Case(lambda: how(scene.signal), [])


async def call(sender: Any, **kwargs: Any) -> None: ...


def wrapper(receiver: Receiver) -> Any:
    return call


def same(part: Any) -> Any:
    return part


def keywords(number: int) -> dict[str, int]:
    return {f"keyword_{n}": n for n in range(number)}


CASES: dict[str, tuple[int, Prepare]] = {
    "connect the first": (0, connecting(function, lambda scene: ANY)),
    "connect to ANY": (4, connecting(function, lambda scene: ANY)),
    "connect to an object": (4, connecting(lambda: METHOD, lambda scene: scene.things[0])),
    "connect to a known object": (4, connecting(function, lambda scene: scene.things[1], False)),
    "connect to a string": (4, connecting(function, lambda scene: "other", False)),
    "connect to a number": (4, connecting(function, lambda scene: 2**70)),
    "connect to a method": (4, connecting(function, lambda scene: METHOD)),
    "connect a builtin": (4, connecting(lambda: deque().append, lambda scene: "sender", False)),
    "connect where tables grow": (5, connecting(function, lambda scene: scene.things[0])),
    "connect where they grow again": (10, connecting(function, lambda scene: scene.things[0])),
    "connect after a send": (4, lambda scene: (scene.signal.send("sender"), connecting_again(scene))[1]),
    "connect again": (8, connecting_again),
    "connect observed": (4, connecting_observed),
    "connected_to": (4, in_a_block),
    "muted": (4, muted),
    "disconnect from a sender": (8, disconnecting(5, True)),
    "disconnect from one of two": (8, disconnecting(8, True)),
    "disconnect from all": (8, disconnecting(0, False)),
    "disconnect the last": (1, disconnecting(0, False)),
    "disconnect where tables shrink": (44, shrinking),
    "_clear_state": (8, emptying(lambda signal: signal._clear_state())),
    "first plan": (8, sending(lambda signal: lambda: signal.send("sender"))),
    "send": (8, sending(lambda signal: lambda: signal.send("sender", keyword=1), before=True)),
    "send to many": (40, sending(lambda signal: lambda: signal.send("sender"))),
    "send many keywords": (8, sending(lambda signal: lambda: signal.send("sender", **keywords(40)), before=True)),
    "send by a wrapper": (8, sending(lambda signal: lambda: signal.send("sender", keyword=1, _async_wrapper=blocking))),
    "send_async": (8, sending(lambda signal: partial(finish, signal.send_async("sender", _sync_wrapper=wrapper)))),
    "has_receivers_for": (8, sending(lambda signal: lambda: signal.has_receivers_for("sender"))),
    "receivers_for": (8, sending(lambda signal: partial(list, signal.receivers_for("sender")))),
    "connections": (8, listing),
    "copy": (8, copying(lambda signal: signal._copied(same, {}))),
    "a receiver dies": (8, dying(7)),
    "a sender dies": (8, dying(4)),
    "several die": (44, dying(*range(5, 44, 4))),
}


def count_allocations(operation: Callable[[], Any]) -> int:
    """Let memory run out after the operation, and see how much sooner than without it."""
    numbers = list(range(5000))
    left = [0, 0]
    for position, each in enumerate((lambda: None, operation)):
        testcapi.set_nomemory(len(numbers), 0)
        try:
            each()
            for left[position] in numbers:
                bytes(1000)
        except MemoryError:
            pass
        finally:
            testcapi.remove_mem_hooks()
    return (left[0] - left[1]) * len(numbers) // left[0] + 3


# What interprets the pure core forgets now and then, since Python 3.14, to say which error it is.
ERRORS = {"compiled": (MemoryError,), "pure": (MemoryError, SystemError)}


def strike(core: str, operation: Callable[[], Any], start: int, number: int) -> Any:
    """Let a number of allocations fail. Return what the operation returns, or ``MemoryError``."""
    result: Any = MemoryError
    testcapi.set_nomemory(start, start + number)
    try:
        result = operation()
    except ERRORS[core]:
        pass
    finally:
        testcapi.remove_mem_hooks()
    return result


DEATHS = [name for name in CASES if name.endswith(("dies", "die"))]


def pairs(connections: list[Connection]) -> set[tuple[Any, Any]]:
    return {(make_id(receiver), make_id(sender)) for receiver, sender, _ in connections}


@pytest.mark.parametrize("name", CASES)
def test_memory_runs_out(
    core: str, signals: ModuleType, name: str, record_property: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    size, prepare = CASES[name]
    monkeypatch.setattr(sys, "unraisablehook", lambda unraisable: None)
    held: list[weakref.ref[Any]] = []
    faults = failed = 0
    for start in range(count_allocations(prepare(Scene(signals, size)).operation)):
        for number in (1, 10):
            scene = Scene(signals, size)
            case = prepare(scene)
            before, after = scene.connections, case.after
            result = strike(core, case.operation, start, number)
            faults += 1
            if core == "pure" and name in DEATHS:
                # Python that lacks the memory to enter a callback passes it over: the dead are seen at the next look.
                scene.signal._receivers_changed()
            connections = [connection[2:] for connection in scene.signal._connections()]
            assert scene.state() == scene.whole(connections), (start, number)
            if result is MemoryError:
                failed += 1
                assert pairs(before) & pairs(after) <= pairs(connections), (start, number)
                assert all(each in (*before, *after, *case.between) for each in connections), (start, number)
            else:
                assert connections == after and case.keeps(result), (start, number)
            # It goes on working.
            senders = [ANY, "sender", 2**70, *scene.things]
            for _ in range(2):
                for sender in senders[:5]:
                    assert by_send(scene.signal, sender) == scene.called(connections, sender), (start, number)
                    assert scene.signal.has_receivers_for(sender) == bool(scene.called(connections, sender))
                scene.signal.connect(receiver := function(), "sender", False)
                connections = [*connections, (receiver, "sender", True)]
            for receiver, sender, _ in connections:
                scene.signal.disconnect(receiver, sender)
            assert_untouched(scene.signal, *senders)
            held += [weakref.ref(each) for each in (scene.signal, *scene.things)]
    record_property("faults", faults)
    needs_none = name in (*DEATHS, "_clear_state") or (core == "compiled" and name.startswith("disconnect"))
    assert failed or needs_none, "all others need memory"
    del scene, case, before, after, result, connections, senders, receiver, sender
    gc.collect()
    if core == "compiled" and name != "copy":  # CPython 3.11 loses references where it has no memory for a frame
        assert not any(each() for each in held)

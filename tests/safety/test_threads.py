"""Each race that the design names: threads that meet at a barrier, many times over."""

from __future__ import annotations

import contextlib
import gc
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from types import ModuleType
from typing import Any

import pytest
from dispatch import Thing, assert_untouched, by_receivers_for, by_send, by_send_async, collections, every_way, function

from aldis import ANY

pytestmark = pytest.mark.threads

ROUNDS = 200
SENDERS = [ANY, "sender", 1, None]
every_sender = pytest.mark.parametrize("sender", SENDERS, ids=str)


@pytest.fixture(autouse=True)
def switch_often() -> Iterator[None]:
    """Let the threads interrupt each other as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


class Asked:
    """A receiver that acts when it is asked what it is, as it is when a plan is made."""

    act: Callable[[], Any] | None = None

    @property
    def __class__(self) -> type[Any]:
        act, self.act = self.act, None
        if act is not None:
            act()
        return Asked

    @__class__.setter
    def __class__(self, other: type[Any]) -> None:
        raise TypeError

    def __call__(self, sender: Any) -> None:
        """Receive."""


class Watcher:
    """A receiver that dies when it is let go."""

    def __call__(self, sender: Any) -> None:
        """Receive."""


def together(*works: Callable[[], Any]) -> list[Any]:
    """Run each in a thread of its own, all beginning at once, and return what they returned."""
    start, results, failures = threading.Barrier(len(works)), [None] * len(works), []

    def run(number: int) -> None:
        try:
            start.wait(60)
            results[number] = works[number]()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(number,), daemon=True) for number in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        if failures:
            raise failures[0]
        assert not thread.is_alive(), f"a thread hangs:\n{stacks(threads)}"
    return results


def stacks(threads: list[threading.Thread]) -> str:
    """Tell where threads are."""
    frames = sys._current_frames()
    alive = [(thread.name, frames[thread.ident]) for thread in threads if thread.ident in frames]
    return "\n".join(f"{name}\n{''.join(traceback.format_stack(frame))}" for name, frame in alive)


def rounds(work: Callable[[], Any]) -> Callable[[], list[Any]]:
    """Return a function that works many times in one thread, for threads that need not meet each time."""
    return lambda: [work() for _ in range(ROUNDS)]


# Changes against changes


@every_sender
@pytest.mark.parametrize(
    "make", [function, lambda: Thing().method, lambda: [].append], ids=["function", "method", "builtin"]
)
def test_connect_against_disconnect_of_the_same_pair(signals: ModuleType, make: Callable[[], Any], sender: Any) -> None:
    signal, receiver, stays = signals.Signal(), make(), function()
    signal.connect(stays, sender)
    connect = rounds(lambda: signal.connect(receiver, sender, weak=False))
    disconnect = rounds(lambda: signal.disconnect(receiver, sender))
    together(connect, disconnect, connect, disconnect)
    assert list(signal.receivers_for(sender)).count(stays) == 1
    assert list(signal.receivers_for(sender)) in ([stays], [stays, receiver])
    signal.connect(receiver, sender, weak=False)
    assert list(signal.receivers_for(sender)) == [stays, receiver]
    signal.disconnect(receiver)
    signal.disconnect(stays)
    assert_untouched(signal, sender)


@every_sender
def test_each_keeps_what_it_has_connected(signals: ModuleType, sender: Any) -> None:
    signal = signals.Signal()

    def work() -> list[Any]:
        kept = []
        for _ in range(ROUNDS):
            stays, goes = function(), function()
            signal.connect(goes, sender)
            signal.connect(stays, sender)
            signal.disconnect(goes, sender)
            kept.append(stays)
        return kept

    connected = together(work, work, work)
    called = by_send(signal, sender)
    assert len(called) == len(signal.receivers) == 3 * ROUNDS
    for kept in connected:
        assert [receiver for receiver in called if receiver in kept] == kept
    together(*[lambda: [signal.disconnect(receiver) for receiver in called]] * 2)
    assert_untouched(signal, sender)


def test_clearing_against_changes(signals: ModuleType) -> None:
    signal, receivers, done = signals.Signal(), [function() for _ in range(200)], threading.Event()

    def change() -> None:
        try:
            for _ in range(ROUNDS // 5):
                for receiver in receivers:
                    signal.connect(receiver)
                for receiver in receivers:
                    signal.disconnect(receiver)
        finally:
            done.set()

    def clear() -> None:
        while not done.is_set():
            signal._clear_state()
            time.sleep(1e-5)  # who never rests could keep a lock from all others

    together(change, clear)
    signal._clear_state()
    assert_untouched(signal)


def test_receivers_are_deleted_against_changes(signals: ModuleType) -> None:
    signal, receiver, done = signals.Signal(), function(), threading.Event()

    def change() -> None:
        try:
            for _ in range(2 * ROUNDS):
                signal.connect(receiver)
                signal.connect(function())
                signal.disconnect(receiver)
        finally:
            done.set()

    def delete() -> None:
        while not done.is_set():
            with contextlib.suppress(AttributeError):
                del signal.receivers
            time.sleep(1e-5)

    together(change, change, delete)
    signal.receivers = {}
    signal._clear_state()
    assert_untouched(signal)


# Sends against changes


@every_way
@every_sender
def test_first_send_after_a_change_against_a_change(
    signals: ModuleType, dispatch: Callable[..., list[Any]], sender: Any
) -> None:
    signal, stays = signals.Signal(), function()
    signal.connect(stays, sender)
    for _ in range(ROUNDS // 4):
        comes, goes = function(), function()
        signal.connect(goes, sender)
        called, *_ = together(
            lambda: dispatch(signal, sender),
            partial(signal.connect, comes, sender),
            partial(signal.disconnect, goes),
        )
        assert called.count(stays) == 1
        assert called in ([stays], [stays, goes], [stays, comes], [stays, goes, comes])
        assert dispatch(signal, sender) == [stays, comes]
        signal.disconnect(comes)
        assert dispatch(signal, sender) == [stays]


@every_way
@every_sender
@pytest.mark.parametrize("change", ["connect", "disconnect"])
def test_a_change_while_a_plan_is_made(
    signals: ModuleType, dispatch: Callable[..., list[Any]], sender: Any, change: str
) -> None:
    """A plan that is out of date by the time it is made is not kept."""
    signal, asked, other = signals.Signal(), Asked(), function()
    signal.connect(asked, sender)
    if change == "disconnect":
        signal.connect(other, sender)
    asked.act = lambda: together(partial(getattr(signal, change), other, sender))
    called = dispatch(signal, sender)
    assert asked.act is None
    if change == "disconnect":
        assert called == dispatch(signal, sender) == [asked]
    else:
        assert called in ([asked], [asked, other])
        assert dispatch(signal, sender) == [asked, other]


@every_way
def test_no_lock_is_held_while_a_plan_is_made(signals: ModuleType, dispatch: Callable[..., list[Any]]) -> None:
    signal, receivers = signals.Signal(), [Asked() for _ in range(4)]
    signal.connect(receivers[0])
    for receiver, another in pairwise(receivers):
        receiver.act = partial(together, partial(signal.connect, another))
    for _ in receivers:
        dispatch(signal)
    assert dispatch(signal) == receivers


@every_sender
def test_no_send_that_begins_later_calls_who_was_disconnected(signals: ModuleType, sender: Any) -> None:
    signal, stays = signals.Signal(), function()
    signal.connect(stays, sender)

    def come_and_go() -> None:
        for _ in range(ROUNDS):
            receiver = function()
            signal.connect(receiver, sender)
            assert by_send(signal, sender).count(receiver) == 1
            signal.disconnect(receiver, sender)
            assert receiver not in by_send(signal, sender)

    def send(dispatch: Callable[..., list[Any]]) -> None:
        for _ in range(5 * ROUNDS):
            called = dispatch(signal, sender)
            assert called.count(stays) == 1
            assert len(set(called)) == len(called)

    together(come_and_go, come_and_go, *[partial(send, way) for way in (by_send, by_send_async, by_receivers_for)])
    assert by_send(signal, sender) == [stays]


@every_way
@every_sender
def test_a_send_that_goes_on_while_others_change(
    signals: ModuleType, dispatch: Callable[..., list[Any]], sender: Any
) -> None:
    """It calls none whose ``disconnect`` has returned, and none that was connected after it had begun."""
    signal, goes, stays, comes = signals.Signal(), function(), function(), function()
    reached, changed = threading.Event(), threading.Event()

    def waits(sender: Any) -> None:
        reached.set()
        assert changed.wait(60)

    def change() -> None:
        assert reached.wait(60)
        try:
            signal.connect(comes, sender)
            signal.disconnect(goes, sender)
            signal.disconnect(stays, sender)
            signal.connect(stays, sender)  # connected again in time
        finally:
            changed.set()

    for receiver in (waits, goes, stays):
        signal.connect(receiver, sender)
    assert together(lambda: dispatch(signal, sender), change)[0] == [waits, stays]
    assert dispatch(signal, sender) == [waits, comes, stays]


@every_sender
@pytest.mark.parametrize("make", [function, lambda: Thing().method], ids=["function", "method"])
def test_death_of_receivers_against_send(signals: ModuleType, make: Callable[[], Any], sender: Any) -> None:
    signal, stays = signals.Signal(), function()
    signal.connect(stays, sender)
    mortal: list[Any] = []

    def die() -> None:
        for _ in range(ROUNDS):
            mortal.append(make())
            signal.connect(mortal[-1], sender)
            mortal.pop()

    def send() -> None:
        for _ in range(ROUNDS):
            called = by_send(signal, sender)
            assert called[0] == stays
            assert len(set(called)) == len(called)

    together(die, send, die, send)
    gc.collect()
    assert by_send(signal, sender) == [stays]
    signal.disconnect(stays)
    assert_untouched(signal, sender)


def test_death_of_senders_against_send(signals: ModuleType) -> None:
    """Another sender gets the identity of one that has died, never its receivers."""
    signal, stays, scoped = signals.Signal(), function(), function()
    signal.connect(stays)

    def die() -> None:
        for _ in range(ROUNDS):
            sender = Thing()
            signal.connect(scoped, sender)
            assert by_send(signal, sender) == [stays, scoped]

    def send() -> None:
        for _ in range(ROUNDS):
            assert by_send(signal, Thing()) == [stays]

    together(die, send, die, send)
    gc.collect()
    signal.disconnect(stays)
    assert_untouched(signal)


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="nobody gets an identity before a collection")
def test_another_gets_the_identity_of_one_that_has_died(signals: ModuleType) -> None:
    """The death is noticed while another thread changes the table, and has to wait for that where there is a lock."""
    reached, leave = threading.Event(), threading.Event()

    class Held(str):
        __hash__ = str.__hash__

        def __eq__(self, other: object) -> bool:
            reached.set()
            assert leave.wait(60)
            return str.__eq__(self, other)

    signal, stays = signals.Signal(), function()
    signal.connect(stays, "held")
    dying = [Watcher() for _ in range(100)]
    for receiver in dying:
        signal.connect(receiver, "sender")
    places = set(map(id, dying))
    thread = threading.Thread(target=signal.connect, args=(stays, Held("held")), daemon=True)
    thread.start()
    assert reached.wait(60)
    dying.clear()
    del receiver
    others = [other for other in [Watcher() for _ in range(1000)] if id(other) in places]
    threading.Timer(0.1, leave.set).start()
    with contextlib.ExitStack() as stack:
        for other in others:
            stack.enter_context(signal.connected_to(other, "sender"))
        assert by_send(signal, "sender") == others
    thread.join(60)
    assert by_send(signal, "sender") == []
    signal.disconnect(stays)
    assert_untouched(signal, "sender", "held")


def test_death_of_a_signal_against_death_of_its_receivers(signals: ModuleType) -> None:
    def work() -> None:
        signal, receivers = signals.Signal(), [function() for _ in range(5)]
        for receiver in receivers:
            signal.connect(receiver, receivers)
        held = [[signal], receivers]
        del signal, receivers, receiver
        together(*[part.clear for part in held])

    for _ in range(ROUNDS // 4):
        work()


def test_a_table_is_let_go_only_when_no_reader_is_left(run: Callable[..., Any]) -> None:
    """The numbers have one hash and differ in their last digits alone: to compare them keeps a reader inside the table.

    Python's debug hooks wipe what has been let go.
    """
    script = """
import threading, time, aldis

class Number(int):
    def __hash__(self):
        hashed.set()
        time.sleep(0.005)  # so that the other thread is on its way
        return 1

hashed, signal, number = threading.Event(), aldis.Signal(), 1 << 400_000_000
sender, other = Number(number), Number(number + 1)
def receiver(sender): pass
def disconnect():
    hashed.wait()
    time.sleep(0.01)
    signal.disconnect(receiver)
for _ in range(3):
    signal.connect(receiver, sender)
    signal.send(sender)
    hashed.clear()
    thread = threading.Thread(target=disconnect)
    thread.start()
    assert signal.send(other) == []
    thread.join()
    assert signal.receivers == {}
"""
    done = run("-X", "dev", "-c", script)
    assert (done.returncode, done.stderr) == (0, "")


# Muting


def test_muting_against_sending(signals: ModuleType) -> None:
    signal, receiver = signals.Signal(), function()
    signal.connect(receiver)

    def mute() -> None:
        for _ in range(ROUNDS):
            with signal.muted():
                assert by_send(signal) == []
                with signal.muted():
                    assert signal.is_muted
                assert signal.is_muted and by_send(signal) == []

    def send() -> None:
        for _ in range(ROUNDS):
            assert by_send(signal) in ([], [receiver])

    together(mute, mute, send)
    assert not signal.is_muted
    assert by_send(signal) == [receiver]


def test_a_send_that_goes_on_while_the_signal_is_muted(signals: ModuleType) -> None:
    """Muting is seen at the beginning of a send. A block that is left does not end that of another thread."""
    signal, last = signals.Signal(), function()
    reached, muted, left = threading.Event(), threading.Event(), threading.Event()

    def waits(sender: Any) -> None:
        reached.set()
        assert left.wait(60)

    def mute() -> list[Any]:
        assert reached.wait(60)
        with signal.muted():
            muted.set()
            assert left.wait(60)
            return by_send(signal)

    def mute_for_a_moment() -> None:
        assert muted.wait(60)
        with signal.muted():
            assert by_send(signal) == []
        left.set()

    signal.connect(waits)
    signal.connect(last)
    assert together(lambda: by_send(signal), mute, mute_for_a_moment) == [[waits, last], [], None]
    assert by_send(signal) == [waits, last]


# What is made on first use


@contextlib.contextmanager
def turns_at_collections() -> Iterator[None]:
    """Let the collector come all the time, and give others a turn where it comes."""
    if sys.implementation.name != "cpython":
        yield
        return
    gc.callbacks.append(lambda *_: time.sleep(0))
    try:
        with collections(3):
            yield
    finally:
        gc.callbacks.pop()


@pytest.mark.parametrize("name", ["receiver_connected", "receiver_disconnected"])
def test_first_accesses_to_an_observer(signals: ModuleType, name: str) -> None:
    made = [signals.Signal() for _ in range(5 * ROUNDS)]
    with turns_at_collections():
        found = together(*[lambda: [getattr(signal, name) for signal in made]] * 4)
    assert found == [[getattr(signal, name) for signal in made]] * 4


def test_one_signal_for_one_name(signals: ModuleType) -> None:
    namespace = signals.Namespace()

    def work() -> list[Any]:
        return [namespace.signal(str(number)) for number in range(ROUNDS)]

    for found in together(*[work] * 4):
        assert all(signal is namespace[str(number)] for number, signal in enumerate(found))
    assert len(namespace) == ROUNDS


def test_a_death_while_another_thread_makes_a_plan(core: str, signals: ModuleType) -> None:
    """Who has kept a death waiting sees to it, though no change follows."""
    reached, leave, signal, receivers = threading.Event(), threading.Event(), signals.Signal(), [Watcher()]

    class Held(signals.Signal):  # type: ignore[name-defined,misc]
        def _gather(self, sender: Any) -> Any:  # the pure core holds its lock here, the compiled one has none
            reached.set()
            assert leave.wait(60)
            return super()._gather(sender)

    held, stays = Held(), function()
    held.connect(stays)
    signal.connect(receivers[0])
    thread = threading.Thread(target=held.send, daemon=True)
    thread.start()
    assert core == "compiled" or reached.wait(60)
    receivers.clear()
    leave.set()
    thread.join(60)
    gc.collect()
    assert signal.receivers == {}

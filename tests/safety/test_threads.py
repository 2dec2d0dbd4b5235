"""Threads that change, send and drop the same signals at the same time.

``support/stress.py`` checks that no connection is lost and that no dead or disconnected receiver is called.
"""

from __future__ import annotations

import faulthandler
import os
import random
import re
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from types import ModuleType
from typing import Any

import pytest
from support.cores import lock_held_by_another_thread
from support.helpers import Thing, assert_untouched, by_send, every_way, function
from support.scripts import TESTS, Run
from support.stress import OPERATIONS

from aldis import ANY

pytestmark = pytest.mark.threads

CPYTHON = sys.implementation.name == "cpython"
ROUNDS = 200
STRESS_SECONDS = float(os.environ.get("ALDIS_STRESS_SECONDS", "600"))
every_sender = pytest.mark.parametrize("sender", [ANY, "sender"], ids=str)


@pytest.fixture(autouse=True)
def switch_often() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


class Inspected:
    """A receiver that runs code when aldis inspects what it is."""

    act: Callable[[], Any] | None = None

    @property
    def __class__(self) -> type[Any]:
        act, self.act = self.act, None
        if act is not None:
            act()
        return Inspected

    @__class__.setter
    def __class__(self, other: type[Any]) -> None:
        raise TypeError

    def __call__(self, sender: Any) -> None: ...


def together(*works: Callable[[], Any]) -> list[Any]:
    """Start each in a thread of its own, all at once, and return their results."""
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
        if thread.is_alive():
            faulthandler.dump_traceback()
            raise AssertionError("a thread hangs")
    return results


# Changes against changes


def test_connecting_after_del_receivers_keeps_both_receivers(signals: ModuleType) -> None:
    signal, receivers = signals.Signal(), [function(), function()]
    barrier = threading.Barrier(2)

    def connect(number: int) -> None:
        for _ in range(5 * ROUNDS):
            if barrier.wait(60) == 0:
                del signal.receivers
            barrier.wait(60)
            signal.connect(receivers[number])
            barrier.wait(60)
            if number == 0:
                assert len(signal.receivers) == len(by_send(signal)) == 2
            barrier.wait(60)
            signal.disconnect(receivers[number])

    together(partial(connect, 0), partial(connect, 1))


# Sends against changes


@every_way
@every_sender
@pytest.mark.parametrize("change", ["connect", "disconnect"])
def test_change_by_another_thread_while_a_receiver_is_inspected(
    signals: ModuleType, dispatch: Callable[..., list[Any]], sender: Any, change: str
) -> None:
    """No lock is held then, and a snapshot that is out of date by the time it is made is not kept."""
    signal, inspected, other = signals.Signal(), Inspected(), function()
    signal.connect(inspected, sender)
    if change == "disconnect":
        signal.connect(other, sender)
    inspected.act = lambda: together(partial(getattr(signal, change), other, sender))
    called = dispatch(signal, sender)
    assert inspected.act is None
    if change == "disconnect":
        assert called == dispatch(signal, sender) == [inspected]
    else:
        assert called in ([inspected], [inspected, other])
        assert dispatch(signal, sender) == [inspected, other]


@every_way
@every_sender
def test_running_send_sees_disconnects_and_no_connects(
    signals: ModuleType, dispatch: Callable[..., list[Any]], sender: Any
) -> None:
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
            signal.connect(stays, sender)  # connected again before its turn
        finally:
            changed.set()

    for receiver in (waits, goes, stays):
        signal.connect(receiver, sender)
    assert together(lambda: dispatch(signal, sender), change)[0] == [waits, stays]
    assert dispatch(signal, sender) == [waits, comes, stays]


# Deaths


@pytest.mark.skipif(not CPYTHON, reason="no identity is used again before a collection")
def test_deaths_while_another_thread_holds_the_lock(signals: ModuleType) -> None:
    """They wait, and are processed before a new receiver with the identity of a dead one is connected."""
    signal, stays = signals.Signal(), function()
    dying = [Thing() for _ in range(100)]
    for thing in dying:
        signal.connect(thing.method, "sender")
    ids = set(map(id, dying))
    with lock_held_by_another_thread():
        del thing
        dying.clear()
        others = [thing for thing in [Thing() for _ in range(1000)] if id(thing) in ids]
    assert others
    for thing in others:
        signal.connect(thing.method, "sender")
    assert by_send(signal, "sender") == [thing.method for thing in others]
    for thing in others:
        signal.disconnect(thing.method)
    signal.connect(stays)
    signal.disconnect(stays)
    assert_untouched(signal, "sender")


# Lazily created objects


def test_all_threads_get_the_same_named_signal(signals: ModuleType) -> None:
    namespace = signals.Namespace()
    names = list(map(str, range(ROUNDS)))
    found = together(*[lambda: list(map(namespace.signal, names))] * 4)
    assert found == [[namespace[name] for name in names]] * 4
    assert len(namespace) == ROUNDS


def test_threads_can_mute_at_once(signals: ModuleType) -> None:
    signal, receiver = signals.Signal(), function()
    signal.connect(receiver)

    def work() -> None:
        for _ in range(ROUNDS):
            with signal.muted():
                assert signal.is_muted and signal.send() == []

    together(*[work] * 4)
    assert by_send(signal) == [receiver]


# Stress


def stress(run: Run, core: str, seconds: float, *arguments: str) -> None:
    options = "--core", core, "--seconds", str(seconds), *arguments
    done = run("-m", "support.stress", *options, cwd=TESTS, timeout=seconds + 300)
    print(done.stdout, done.stderr)
    assert (done.returncode, done.stderr) == (0, "")
    assert set(re.findall(r"^ +[\d,]+ (\w+)$", done.stdout, re.MULTILINE)) == set(OPERATIONS)


@pytest.mark.skipif(not CPYTHON, reason="deaths are not noticed at once")
@pytest.mark.parametrize("interval", [sys.getswitchinterval(), 1e-6])
def test_stress(run: Run, core: str, interval: float) -> None:
    stress(run, core, 1.5, f"--switch-interval={interval}")


@pytest.mark.long
@pytest.mark.skipif(not CPYTHON, reason="deaths are not noticed at once")
def test_stress_for_long(run: Run, core: str) -> None:
    stress(run, core, STRESS_SECONDS, "--switch-interval=1e-6", "--threads=8", f"--seed={random.randrange(2**32)}")

"""Handlers of operating system signals run between any two Python instructions, in the same thread."""

from __future__ import annotations

import random
import signal as os_signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import pytest
from support.cores import lock_is_taken
from support.helpers import Thing, assert_untouched, by_send, function

pytestmark = pytest.mark.skipif(not hasattr(os_signal, "setitimer"), reason="there are no interval timers")


@contextmanager
def handler(handle: Callable[..., None]) -> Iterator[Callable[[float], Any]]:
    """Install a handler, and yield a function that has it called after so many seconds."""
    before = os_signal.signal(os_signal.SIGALRM, handle)
    try:
        yield lambda seconds: os_signal.setitimer(os_signal.ITIMER_REAL, seconds)
    finally:
        os_signal.setitimer(os_signal.ITIMER_REAL, 0)
        os_signal.signal(os_signal.SIGALRM, before)


@pytest.mark.thread_unsafe(reason="only the main thread runs handlers")
@pytest.mark.untraced
def test_handler_that_changes_the_signal(signals: ModuleType) -> None:
    signal, mine, its, stays, handled = signals.Signal(), [Thing().method for _ in range(5)], function(), function(), []

    def handle(number: int, frame: object) -> None:
        handled.append(by_send(signal, "stays"))
        if len(handled) % 2:
            signal.connect(its, "mine")
        else:
            signal.disconnect(its)
        if len(handled) < 200:
            call_after(0.0002)

    signal.connect(stays, "stays")
    with handler(handle) as call_after:
        call_after(0.0002)
        while len(handled) < 200:
            for receiver in mine:
                signal.connect(receiver, "mine")
            assert [receiver for receiver in by_send(signal, "mine") if receiver is not its] == mine
            for receiver in mine:
                signal.disconnect(receiver)
    assert handled == [[stays]] * 200
    signal.disconnect(its)
    signal.disconnect(stays)
    assert_untouched(signal, "mine", "stays")


class Interrupt(Exception):
    """Raised by the handler, as ``KeyboardInterrupt`` is by Ctrl-C."""


class Receiver:
    def __call__(self, sender: Any) -> None: ...


@pytest.mark.thread_unsafe(reason="only the main thread runs handlers")
@pytest.mark.untraced
@pytest.mark.skipif(sys.implementation.name != "cpython", reason="deaths are not noticed at once")
def test_handler_that_raises(signals: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """No lock stays taken, no other connection is lost, no dead receiver is called, nothing stays in the tables."""
    monkeypatch.setattr(sys, "unraisablehook", lambda args: None)  # the exception also comes out of callbacks
    signal, other_signal, stays, strong = signals.Signal(), signals.Signal(), Receiver(), Receiver()
    signal.connect(stays)
    armed, interrupts, end = False, 0, time.monotonic() + 1

    def handle(number: int, frame: object) -> None:
        nonlocal armed
        if armed:
            armed = False
            raise Interrupt

    def use_until_interrupted() -> None:
        nonlocal armed
        armed = True
        call_after(random.uniform(2e-6, 150e-6))
        while armed:
            receiver, sender = Receiver(), Thing()
            signal.connect(receiver)
            signal.connect(receiver, sender)
            signal.connect(strong, sender, weak=False)
            signal.send(sender)
            signal.disconnect(receiver, sender)

    with handler(handle) as call_after:
        while time.monotonic() < end:
            try:
                use_until_interrupted()
            except Interrupt:
                interrupts += 1
            assert not lock_is_taken()
            assert by_send(signal) in ([stays], [stays, strong], [strong, stays])
            signal.disconnect(strong)
            assert by_send(signal) == [stays]
            for _ in range(5):
                signal.connect(strong)
                signal.disconnect(strong)
            assert len(signal.receivers) == len(signal._by_receiver) == 1
            assert len(signal._by_sender) == 1
    assert interrupts > 50
    thread = threading.Thread(target=other_signal.connect, args=(stays,), daemon=True)
    thread.start()
    thread.join(30)
    assert by_send(other_signal) == [stays], "another thread waits for a lock"

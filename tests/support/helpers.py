"""Helpers for all tests: ways to call receivers, receivers and senders to connect, and the state of a signal."""

from __future__ import annotations

import gc
import inspect
import sys
import threading
import weakref
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from types import MethodType
from typing import Any

import pytest

Receiver = Callable[..., Any]
Dispatch = Callable[..., list[Receiver]]
Collect = Callable[[], None]

GIL = getattr(sys, "_is_gil_enabled", lambda: True)()

# Without the GIL, Python 3.13 keeps every class for ever once a second thread has run.
TYPES_DIE = sys.version_info >= (3, 14) or GIL


@contextmanager
def collections(threshold: int) -> Iterator[None]:
    """Make CPython collect garbage after every ``threshold`` new objects."""
    before = gc.get_threshold()
    gc.set_threshold(threshold)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def finish(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Return the result of a coroutine that never suspends."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("the coroutine suspends")


def awaitable(receiver: Receiver) -> Callable[..., Coroutine[Any, Any, Any]]:
    """Wrap a function in a coroutine function, as ``_sync_wrapper`` does."""

    async def call(*args: Any, **kwargs: Any) -> Any:
        return receiver(*args, **kwargs)

    return call


def blocking(receiver: Receiver) -> Receiver:
    """Wrap a coroutine function in a function, as ``_async_wrapper`` does."""
    return lambda *args, **kwargs: finish(receiver(*args, **kwargs))


def by_send(signal: Any, sender: Any = None) -> list[Receiver]:
    return [receiver for receiver, _ in signal.send(sender, _async_wrapper=blocking)]


def by_send_async(signal: Any, sender: Any = None) -> list[Receiver]:
    return [receiver for receiver, _ in finish(signal.send_async(sender, _sync_wrapper=awaitable))]


def by_receivers_for(signal: Any, sender: Any = None) -> list[Receiver]:
    called = []
    for receiver in signal.receivers_for(sender):
        result = receiver(sender)
        if inspect.iscoroutine(result):
            finish(result)
        called.append(receiver)
    return called


# Three functions that send and return the called receivers, in order
every_way = pytest.mark.parametrize("dispatch", [by_send, by_send_async, by_receivers_for])


def send_by(way: str, signal: Any, *args: Any, wrap: bool = True, **kwargs: Any) -> Any:
    """Send by a method of that name. With ``wrap``, receivers may be functions and coroutine functions."""
    if wrap:
        kwargs.update({"_sync_wrapper": awaitable} if "async" in way else {"_async_wrapper": blocking})
    result = getattr(signal, way)(*args, **kwargs)
    return finish(result) if "async" in way else result


# The names of all methods that send
every_method = pytest.mark.parametrize("way", ["send", "emit", "send_all", "send_async", "send_all_async"])


def function(result: Any = None) -> Receiver:
    """Return a new receiver that returns ``result``."""
    return lambda sender, **kwargs: result


def in_threads(work: Callable[[], Any], count: int = 4) -> None:
    """Call a function in several threads that start together, wait for them, and raise what one of them raised."""
    start, failures = threading.Barrier(count), []

    def run() -> None:
        try:
            start.wait(30)
            work()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    if failures:
        raise failures[0]


class Thing:
    """A sender that supports weak references and has methods of all kinds as receivers."""

    def method(self, sender: Any, **kwargs: Any) -> Any:
        return self, sender

    def other_method(self, sender: Any, **kwargs: Any) -> Any:
        return sender, self

    @classmethod
    def class_method(cls, sender: Any, **kwargs: Any) -> Any:
        return cls, sender

    @staticmethod
    def static_method(sender: Any, **kwargs: Any) -> Any:
        return sender


class Slotted:
    """A receiver without weak references (on PyPy, every instance supports them)."""

    __slots__ = ()

    def __call__(self, sender: Any, **kwargs: Any) -> Any:
        return sender

    def method(self, sender: Any, **kwargs: Any) -> Any:
        return sender


def weakly_referenced(receiver: Any) -> bool:
    """Return whether a receiver, or the instance of a method, supports weak references."""
    try:
        weakref.ref(receiver.__self__ if type(receiver) is MethodType else receiver)
    except TypeError:
        return False
    return True


# Receivers that cannot be connected weakly; on PyPy, only methods of some builtins
MAYBE_UNWEAK: list[Any] = [Slotted(), Slotted().method, [].append]
UNWEAK = [receiver for receiver in MAYBE_UNWEAK if not weakly_referenced(receiver)]


def tables(signal: Any) -> dict[str, Any]:
    """Return the tables of a signal, as copies."""
    return {
        "receivers": dict(signal.receivers),
        "by_sender": dict(signal._by_sender),
        "by_receiver": dict(signal._by_receiver),
        "weak_senders": dict(signal._weak_senders),
    }


def assert_untouched(signal: Any, *senders: Any) -> None:
    """Assert that a signal is as if nothing had ever been connected."""
    assert tables(signal) == {"receivers": {}, "by_sender": {}, "by_receiver": {}, "weak_senders": {}}
    for sender in (signal.ANY, None, *senders):
        assert not signal.has_receivers_for(sender)
        assert list(signal.receivers_for(sender)) == []
        assert signal.send(sender) == []

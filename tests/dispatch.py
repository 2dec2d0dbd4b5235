"""The ways to reach receivers, as functions that call them and return which were called, in order."""

from __future__ import annotations

import gc
import inspect
import sys
import weakref
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from types import MethodType
from typing import Any

import pytest

Receiver = Callable[..., Any]

GIL = getattr(sys, "_is_gil_enabled", lambda: True)()

# Without it, Python 3.13 keeps every class for ever as soon as there has been a second thread.
TYPES_DIE = sys.version_info >= (3, 14) or GIL


@contextmanager
def collections(threshold: int) -> Iterator[None]:
    """Let the collector of CPython come whenever so many objects have been made."""
    before = gc.get_threshold()
    gc.set_threshold(threshold)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def finish(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Return the result of a coroutine that never has to wait."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("the coroutine waits")


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


every_way = pytest.mark.parametrize("dispatch", [by_send, by_send_async, by_receivers_for])


def function(result: Any = None) -> Receiver:
    """Return a receiver like no other."""
    return lambda sender, **kwargs: result


class Thing:
    """A sender that can be weakly referenced, and whose methods are receivers."""

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
    """A receiver that has no weak references, where there is such a thing."""

    __slots__ = ()

    def __call__(self, sender: Any, **kwargs: Any) -> Any:
        return sender

    def method(self, sender: Any, **kwargs: Any) -> Any:
        return sender


def weakly_referenced(receiver: Any) -> bool:
    """Tell whether a receiver, or the instance that it is a method of, has weak references."""
    try:
        weakref.ref(receiver.__self__ if type(receiver) is MethodType else receiver)
    except TypeError:
        return False
    return True


# Receivers without weak references; on PyPy, none but methods of some builtins
MAYBE_UNWEAK: list[Any] = [Slotted(), Slotted().method, [].append]
UNWEAK = [receiver for receiver in MAYBE_UNWEAK if not weakly_referenced(receiver)]


def tables(signal: Any) -> dict[str, Any]:
    """Return all that a signal knows of its connections."""
    return {
        "receivers": dict(signal.receivers),
        "by_sender": dict(signal._by_sender),
        "by_receiver": dict(signal._by_receiver),
        "weak_senders": dict(signal._weak_senders),
    }


def assert_untouched(signal: Any, *senders: Any) -> None:
    """All tables are as if nothing had ever been connected."""
    assert tables(signal) == {"receivers": {}, "by_sender": {}, "by_receiver": {}, "weak_senders": {}}
    for sender in (signal.ANY, None, *senders):
        assert not signal.has_receivers_for(sender)
        assert list(signal.receivers_for(sender)) == []
        assert signal.send(sender) == []

"""How coroutine receivers are told from others: as ``inspect.iscoroutinefunction`` does, and by their ``__call__``."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any
from unittest import mock

import pytest
from dispatch import awaitable, blocking, finish

from aldis import ANY


async def coroutine_function(*args: Any, **kwargs: Any) -> Any:
    return args[-1], kwargs


def plain_function(*args: Any, **kwargs: Any) -> Any:
    return args[-1], kwargs


class Methods:
    async def async_method(self, sender: Any, **kwargs: Any) -> Any:
        return sender, kwargs

    @classmethod
    async def async_class_method(cls, sender: Any, **kwargs: Any) -> Any:
        return sender, kwargs

    @staticmethod
    async def async_static_method(sender: Any, **kwargs: Any) -> Any:
        return sender, kwargs

    def plain_method(self, sender: Any, **kwargs: Any) -> Any:
        return sender, kwargs


class AsyncCallable:
    """Its instances are coroutine receivers; the class is none."""

    def __init__(self, sender: Any = None, **kwargs: Any) -> None:
        self.made_of = sender, kwargs

    async def __call__(self, sender: Any, **kwargs: Any) -> Any:
        return sender, kwargs

    def __eq__(self, other: object) -> bool:
        return isinstance(other, tuple) and self.made_of == other

    __hash__ = object.__hash__


class InheritsAsyncCall(AsyncCallable):
    pass


class AsyncBoundCall:
    __call__ = Methods().async_method


class PlainCallable:
    def __init__(self) -> None:
        self.__call__ = coroutine_function  # type: ignore[method-assign]  # not where Python looks when an instance is called

    def __call__(self, sender: Any, **kwargs: Any) -> Any:
        return sender, kwargs


class HasCoroutineAttributes:
    send = throw = close = coroutine_function

    def __call__(self, sender: Any, **kwargs: Any) -> Any:
        return sender, kwargs


@functools.wraps(coroutine_function)
def wraps_a_coroutine_function(sender: Any, **kwargs: Any) -> Any:
    return sender, kwargs


COROUTINE_RECEIVERS: dict[str, Any] = {
    "function": coroutine_function,
    "method": Methods().async_method,
    "class method": Methods.async_class_method,
    "static method": Methods.async_static_method,
    "partial": functools.partial(coroutine_function),
    "partial with arguments": functools.partial(coroutine_function, "first"),
    "partial of a partial": functools.partial(functools.partial(coroutine_function)),
    "partial of a method": functools.partial(Methods().async_method),
    "instance": AsyncCallable(),
    "instance of a subclass": InheritsAsyncCall(),
    "its __call__": AsyncCallable().__call__,
    "instance with a bound __call__": AsyncBoundCall(),
    "AsyncMock": mock.AsyncMock(side_effect=coroutine_function),
}
if hasattr(inspect, "markcoroutinefunction"):

    def marked(*args: Any, **kwargs: Any) -> Any:
        return coroutine_function(*args, **kwargs)

    COROUTINE_RECEIVERS["marked function"] = inspect.markcoroutinefunction(marked)

PLAIN_RECEIVERS: dict[str, Any] = {
    "function": plain_function,
    "method": Methods().plain_method,
    "partial": functools.partial(plain_function),
    "instance": PlainCallable(),
    "instance with attributes": HasCoroutineAttributes(),
    "Mock": mock.Mock(side_effect=plain_function),
    "MagicMock": mock.MagicMock(side_effect=plain_function),
    "class of coroutine receivers": AsyncCallable,
    "wraps": wraps_a_coroutine_function,
}


@pytest.mark.parametrize("receiver", COROUTINE_RECEIVERS.values(), ids=COROUTINE_RECEIVERS)
@pytest.mark.parametrize("sender", [ANY, "sender"])
@pytest.mark.parametrize("keywords", [{}, {"a": 1}], ids=str)
def test_coroutine_receivers(signals: ModuleType, receiver: Any, sender: Any, keywords: dict[str, Any]) -> None:
    signal, wrapped = signals.Signal(), []
    signal.connect(receiver, sender, weak=False)

    def wrapper(given: Any) -> Any:
        wrapped.append(given)
        return blocking(given)

    for _ in range(2):
        with pytest.raises(RuntimeError, match="Cannot send to a coroutine function"):
            signal.send("sender", **keywords)
        assert wrapped == []
        assert signal.send("sender", _async_wrapper=wrapper, **keywords) == [(receiver, ("sender", keywords))]
        assert wrapped == [receiver]
        wrapped.clear()
        assert finish(signal.send_async("sender", **keywords)) == [(receiver, ("sender", keywords))]


@pytest.mark.parametrize("receiver", PLAIN_RECEIVERS.values(), ids=PLAIN_RECEIVERS)
@pytest.mark.parametrize("sender", [ANY, "sender"])
@pytest.mark.parametrize("keywords", [{}, {"a": 1}], ids=str)
def test_plain_receivers(signals: ModuleType, receiver: Any, sender: Any, keywords: dict[str, Any]) -> None:
    signal, wrapped = signals.Signal(), []
    signal.connect(receiver, sender, weak=False)

    def wrapper(given: Any) -> Any:
        wrapped.append(given)
        return awaitable(given)

    for _ in range(2):
        with pytest.raises(RuntimeError, match="Cannot send to a non-coroutine function"):
            finish(signal.send_async("sender", **keywords))
        assert wrapped == []
        sent = finish(signal.send_async("sender", _sync_wrapper=wrapper, **keywords))
        assert sent == [(receiver, ("sender", keywords))]
        assert wrapped == [receiver]
        wrapped.clear()
        assert signal.send("sender", **keywords) == [(receiver, ("sender", keywords))]
        assert signal.send("sender", _async_wrapper=None, **keywords) == [(receiver, ("sender", keywords))]


def test_functions_that_merely_return_coroutines(signals: ModuleType) -> None:
    signal = signals.Signal()
    returns: Callable[..., Any] = lambda sender: coroutine_function(sender)  # noqa: E731

    async def generates(sender: Any) -> Any:
        yield sender

    signal.connect(returns)
    signal.connect(generates)
    (_, coroutine), (_, generator) = signal.send("sender")
    assert finish(coroutine) == ("sender", {})
    assert inspect.isasyncgen(generator)


def test_both_kinds_in_their_order(signals: ModuleType) -> None:
    signal, receivers = signals.Signal(), [coroutine_function, plain_function, AsyncCallable(), PlainCallable()]
    for receiver in receivers:
        signal.connect(receiver)
    expected = [(receiver, ("sender", {"a": 1})) for receiver in receivers]
    assert signal.send("sender", a=1, _async_wrapper=blocking) == expected
    assert finish(signal.send_async("sender", a=1, _sync_wrapper=awaitable)) == expected


def test_a_wrapper_that_starts_a_loop(signals: ModuleType) -> None:
    signal = signals.Signal()

    async def receiver(sender: Any) -> Any:
        await asyncio.sleep(0)
        return sender

    signal.connect(receiver)
    run = signal.send("sender", _async_wrapper=lambda fn: lambda *args, **kwargs: asyncio.run(fn(*args, **kwargs)))
    assert run == [(receiver, "sender")]

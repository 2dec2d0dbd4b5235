"""Which receivers are coroutine functions: as ``inspect.iscoroutinefunction`` says, and instances by ``__call__``."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any
from unittest import mock

import pytest
from support.helpers import awaitable, blocking, finish

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
    """Instances are coroutine receivers. The class is not."""

    def __init__(self, sender: Any = None, **kwargs: Any) -> None:
        self.made_of = sender, kwargs

    async def __call__(self, sender: Any, **kwargs: Any) -> Any:
        return sender, kwargs

    def __eq__(self, other: object) -> bool:
        return isinstance(other, tuple) and self.made_of == other

    __hash__ = object.__hash__


class PlainCallable:
    def __init__(self) -> None:
        self.__call__ = coroutine_function  # type: ignore[method-assign]  # Python calls the method of the class

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
    "partial of an instance": functools.partial(AsyncCallable()),
    "instance": AsyncCallable(),
    "its __call__": AsyncCallable().__call__,
    "AsyncMock": mock.AsyncMock(side_effect=coroutine_function),
}
mark: Any = getattr(inspect, "markcoroutinefunction", None)
if mark:
    COROUTINE_RECEIVERS["marked function"] = mark(lambda *args, **kwargs: coroutine_function(*args, **kwargs))

PLAIN_RECEIVERS: dict[str, Any] = {
    "function": plain_function,
    "method": Methods().plain_method,
    "partial": functools.partial(plain_function),
    "instance": PlainCallable(),
    "Mock": mock.Mock(side_effect=plain_function),
    "MagicMock": mock.MagicMock(side_effect=plain_function),
    "class of coroutine receivers": AsyncCallable,
    "wraps": wraps_a_coroutine_function,
}


@pytest.mark.parametrize(
    ("receiver", "coroutine"),
    [
        *(pytest.param(receiver, True, id=f"coroutine: {name}") for name, receiver in COROUTINE_RECEIVERS.items()),
        *(pytest.param(receiver, False, id=f"plain: {name}") for name, receiver in PLAIN_RECEIVERS.items()),
    ],
)
@pytest.mark.parametrize("sender", [ANY, "sender"])
def test_receivers_of_the_other_kind_are_wrapped(
    signals: ModuleType, receiver: Any, coroutine: bool, sender: Any
) -> None:
    signal, wrapped = signals.Signal(), []
    signal.connect(receiver, sender, weak=False)

    def send_async(*args: Any, **kwargs: Any) -> Any:
        return finish(signal.send_async(*args, **kwargs))

    def wrapper(given: Any) -> Any:
        wrapped.append(given)
        return blocking(given) if coroutine else awaitable(given)

    own, other = (send_async, signal.send) if coroutine else (signal.send, send_async)
    name = "_async_wrapper" if coroutine else "_sync_wrapper"
    for keywords in ({}, {"a": 1}):
        expected = [(receiver, ("sender", keywords))]
        with pytest.raises(RuntimeError, match=f"Cannot send to a {'' if coroutine else 'non-'}coroutine function"):
            other("sender", **keywords)
        assert wrapped == []
        assert other("sender", **{name: wrapper}, **keywords) == expected
        assert wrapped == [receiver]
        wrapped.clear()
        assert own("sender", **keywords) == expected


# The kind of a receiver may change, as it does when a program reloads its code. Connecting again asks again.


def connect_again(signal: Any, receiver: Any) -> None:
    signal.disconnect(receiver)
    signal.connect(receiver)


@pytest.mark.filterwarnings("ignore:Assigning a code object of non-matching type:DeprecationWarning")
@pytest.mark.parametrize("connect", [lambda signal, receiver: signal.connect(receiver), connect_again])
def test_connecting_again_asks_again_after_a_change_of_code(signals: ModuleType, connect: Callable[..., Any]) -> None:
    def function(sender: Any) -> None: ...

    async def coroutine(sender: Any) -> None: ...

    plain = function.__code__
    signal = signals.Signal()
    signal.connect(function)
    assert signal.send() == [(function, None)]
    function.__code__ = coroutine.__code__
    connect(signal, function)
    with pytest.raises(RuntimeError, match="Cannot send to a coroutine function"):
        signal.send()
    assert finish(signal.send_async()) == [(function, None)]
    function.__code__ = plain
    connect(signal, function)
    assert signal.send() == [(function, None)]

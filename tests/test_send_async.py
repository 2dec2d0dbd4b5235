"""Sending to coroutine functions."""

from __future__ import annotations

import asyncio
import inspect
import traceback
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from dispatch import Thing, awaitable, by_send_async, finish, function

from aldis import ANY


async def echo_async(*args: Any, **kwargs: Any) -> Any:
    return args, kwargs


def echo(*args: Any, **kwargs: Any) -> Any:
    return args, kwargs


def test_it_is_a_coroutine_function(signals: ModuleType) -> None:
    signal = signals.Signal()
    for send_async in (signals.Signal.send_async, signal.send_async, signals.NamedSignal("name").send_async):
        assert inspect.iscoroutinefunction(send_async)
    coroutine = signal.send_async()
    assert inspect.iscoroutine(coroutine)
    assert finish(coroutine) == []


@pytest.mark.parametrize(
    "keywords",
    [{}, {"a": 1}, {"self": 1, "receiver": 2}, {"sender": 1}, {"kwargs": 1}, {"_async_wrapper": print}, {"a b": 1}],
    ids=list,
)
@pytest.mark.parametrize("sender", [None, "sender", b"sender", ANY, Thing()])
def test_receivers_get_sender_and_keywords(signals: ModuleType, sender: Any, keywords: dict[str, Any]) -> None:
    signal = signals.Signal()
    signal.connect(echo_async)
    signal.connect(echo)
    results = finish(signal.send_async(sender, _sync_wrapper=awaitable, **keywords))
    assert results == [(echo_async, ((sender,), keywords)), (echo, ((sender,), keywords))]
    assert type(results) is list
    assert results[0][1][0][0] is sender


def test_the_sender_is_none_unless_given(signals: ModuleType) -> None:
    signal = signals.Signal()
    signal.connect(echo_async)
    assert finish(signal.send_async()) == [(echo_async, ((None,), {}))]


@pytest.mark.parametrize("arguments", [("sender", "another"), ()])
def test_wrong_arguments(signals: ModuleType, arguments: Any) -> None:
    with pytest.raises(TypeError):
        (signals.Signal().send_async if arguments else signals.Signal.send_async)(*arguments)


def test_a_function_needs_a_wrapper(signals: ModuleType) -> None:
    signal, called = signals.Signal(), []

    async def before(sender: Any, **kwargs: Any) -> None:
        called.append("before")

    async def after(sender: Any, **kwargs: Any) -> None:
        called.append("after")

    for receiver in (before, echo, after):
        signal.connect(receiver)
    for keywords in ({}, {"_sync_wrapper": None}, {"_async_wrapper": awaitable}):
        with pytest.raises(RuntimeError) as caught:
            finish(signal.send_async("sender", **keywords))
        assert str(caught.value).startswith("Cannot send to a non-coroutine function")
        assert repr(echo) in str(caught.value)
        assert "_sync_wrapper" in str(caught.value)
        assert called == ["before"]
        called.clear()


def test_a_wrapper_is_given_functions_alone(signals: ModuleType) -> None:
    signal, wrapped = signals.Signal(), []

    def wrapper(receiver: Any) -> Any:
        wrapped.append(receiver)
        return awaitable(receiver)

    signal.connect(echo_async)
    finish(signal.send_async(_sync_wrapper=wrapper))
    assert wrapped == []
    signal.connect(echo)
    finish(signal.send_async(_sync_wrapper=wrapper))
    assert wrapped == [echo]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit, asyncio.CancelledError])
def test_an_exception_propagates_at_once(signals: ModuleType, error: type[BaseException]) -> None:
    signal, called, raised = signals.Signal(), [], error("oh")

    async def raises(sender: Any) -> None:
        raise raised

    async def last(sender: Any) -> None:
        called.append("last")

    signal.connect(raises)
    signal.connect(last)
    with pytest.raises(error) as caught:
        finish(signal.send_async())
    assert caught.value is raised
    assert traceback.extract_tb(caught.tb)[-1].name == "raises"
    assert called == []


def test_receivers_run_one_after_another(signals: ModuleType) -> None:
    signal, events = signals.Signal(), []

    def slow(name: str) -> Callable[..., Any]:
        async def receiver(sender: Any) -> str:
            events.append(f"{name} begins")
            for _ in range(3):
                await asyncio.sleep(0)
            events.append(f"{name} ends")
            return name

        return receiver

    receivers = [signal.connect(slow(name)) for name in "abc"]
    results = asyncio.run(signal.send_async())
    assert results == list(zip(receivers, "abc"))
    assert events == [f"{name} {what}" for name in "abc" for what in ("begins", "ends")]


@pytest.mark.parametrize("change", ["disconnect", "disconnect from the sender", "death", "connect"])
def test_connections_change_while_a_receiver_is_awaited(
    signals: ModuleType, collect: Callable[[], None], change: str
) -> None:
    signal, new, later = signals.Signal(), awaitable(function()), [awaitable(function())]
    changes: dict[str, Callable[[], Any]] = {
        "disconnect": lambda: signal.disconnect(later[0]),
        "disconnect from the sender": lambda: signal.disconnect(later[0], "sender"),
        "death": later.clear,
        "connect": lambda: signal.connect(new, "sender"),
    }

    async def first(sender: Any) -> None:
        await asyncio.sleep(0)

    async def send() -> Any:
        sending = asyncio.ensure_future(signal.send_async("sender"))
        await asyncio.sleep(0)
        changes[change]()
        collect()
        return await sending

    signal.connect(first, "sender")
    signal.connect(later[0], "sender")
    called = [receiver for receiver, _ in asyncio.run(send())]
    assert called == [first, *(later if change == "connect" else [])]


def test_cancellation(signals: ModuleType) -> None:
    signal, called = signals.Signal(), []

    async def first(sender: Any) -> None:
        called.append("first")
        await asyncio.sleep(60)

    async def last(sender: Any) -> None:
        called.append("last")

    async def main() -> None:
        sending = asyncio.ensure_future(signal.send_async())
        await asyncio.sleep(0)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending

    signal.connect(first)
    signal.connect(last)
    asyncio.run(main())
    assert called == ["first"]


def test_two_at_once(signals: ModuleType) -> None:
    signal = signals.Signal()

    async def receiver(sender: int) -> int:
        await asyncio.sleep(0)
        return sender

    async def main() -> Any:
        return await asyncio.gather(*(signal.send_async(number) for number in range(5)))

    signal.connect(receiver)
    assert asyncio.run(main()) == [[(receiver, number)] for number in range(5)]


def test_the_receivers_are_those_of_the_first_await(signals: ModuleType) -> None:
    signal, receiver, gone = signals.Signal(), awaitable(function()), awaitable(function())
    signal.connect(gone)
    coroutine = signal.send_async()
    signal.disconnect(gone)
    signal.connect(receiver)
    assert finish(coroutine) == [(receiver, None)]


def test_sending_from_within_a_receiver(signals: ModuleType) -> None:
    signal, called = signals.Signal(), []

    async def receiver(sender: int) -> None:
        called.append(sender)
        if sender:
            await signal.send_async(sender - 1)

    signal.connect(receiver)
    finish(signal.send_async(20))
    assert called == list(range(20, -1, -1))


def test_it_is_handed_around_as_a_bound_method(signals: ModuleType) -> None:
    signal = signals.Signal()
    signal.connect(echo_async, "sender")
    send_async = signal.send_async
    del signal
    assert finish(send_async("sender", a=1)) == [(echo_async, (("sender",), {"a": 1}))]
    assert finish(send_async("other")) == []


def test_a_receiver_of_any_and_of_the_sender_is_called_once(signals: ModuleType) -> None:
    signal = signals.Signal()
    signal.connect(echo, "sender")
    signal.connect(echo)
    assert by_send_async(signal, "sender") == by_send_async(signal, "other") == [echo]

"""``send_async``: what differs from ``send``, and what happens while a receiver is awaited."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from support.helpers import Collect, awaitable, finish, function

from aldis import ANY


async def echo_async(*args: Any, **kwargs: Any) -> Any:
    return args, kwargs


def echo(*args: Any, **kwargs: Any) -> Any:
    return args, kwargs


# test_send.py tests what both have in common: arguments, results, exceptions.


def test_send_async_is_a_coroutine_function(signals: ModuleType) -> None:
    signal = signals.Signal()
    for send_async in (signals.Signal.send_async, signal.send_async, signals.NamedSignal("name").send_async):
        assert inspect.iscoroutinefunction(send_async)
    coroutine = signal.send_async()
    assert inspect.iscoroutine(coroutine)
    assert finish(coroutine) == []


@pytest.mark.parametrize("arguments", [(), ("sender",), (ANY,)])
def test_receivers_get_the_sender_and_a_foreign_wrapper(signals: ModuleType, arguments: Any) -> None:
    signal, sender, keywords = signals.Signal(), (*arguments, None)[0], {"_async_wrapper": print, "self": 1}
    signal.connect(echo_async)
    results = finish(signal.send_async(*arguments, **keywords))
    assert results == [(echo_async, ((sender,), keywords))]
    assert type(results) is list


def test_a_function_without_a_wrapper_is_an_error(signals: ModuleType) -> None:
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
def test_only_receivers_still_connected_are_called_after_an_await(
    signals: ModuleType, collect: Collect, change: str
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


def test_the_first_await_takes_the_snapshot(signals: ModuleType) -> None:
    signal, receiver, gone = signals.Signal(), awaitable(function()), awaitable(function())
    signal.connect(gone)
    coroutine = signal.send_async()
    signal.disconnect(gone)
    signal.connect(receiver)
    assert finish(coroutine) == [(receiver, None)]


def test_cancellation_skips_later_receivers(signals: ModuleType) -> None:
    signal, called = signals.Signal(), []

    async def first(sender: Any) -> None:
        called.append("first")
        await asyncio.sleep(60)

    async def main() -> None:
        sending = asyncio.ensure_future(signal.send_async())
        await asyncio.sleep(0)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending

    signal.connect(first)
    signal.connect(awaitable(lambda sender: called.append("last")), weak=False)
    asyncio.run(main())
    assert called == ["first"]

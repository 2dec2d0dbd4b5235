"""``send``: arguments, results, exceptions, wrappers, and what receivers may do while they run."""

from __future__ import annotations

import asyncio
import threading
import traceback
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from support.helpers import Collect, Dispatch, Thing, awaitable, blocking, by_send, by_send_async, finish, function

from aldis import ANY


def echo(*args: Any, **kwargs: Any) -> Any:
    return args, kwargs


async def echo_async(*args: Any, **kwargs: Any) -> Any:
    return args, kwargs


KEYWORDS: list[dict[str, Any]] = [
    {},
    {"a": 1},
    {"a": 1, "b": None},
    {f"keyword{number}": number for number in range(40)},
    {"self": 1, "receiver": 2, "sender": 3},
    {"kwargs": {}, "args": ()},
    {"_sync_wrapper": print},
    {"_sync_wrapper": None, "self": 1},
    {"weak": True, "signal": 1, "result": 2, "weakref": 3},
    {"no identifier": 1, "": 2, "é": 3},
]


def directly(signal: Any) -> Any:
    return signal


def via_receivers_for(signal: Any) -> Any:
    signal.receivers_for = signal.receivers_for  # send calls it once an instance has its own
    return signal


through = pytest.mark.parametrize("through", [directly, via_receivers_for])


def test_send_returns_pairs_of_receiver_and_result(signals: ModuleType) -> None:
    expected: list[Any] = [None, 0, [], NotImplemented]
    signal, receivers = signals.Signal(), [function(result) for result in expected]
    for receiver in receivers:
        signal.connect(receiver)
    results = signal.send()
    assert type(results) is list
    assert {type(pair) for pair in results} == {tuple}
    assert results == list(zip(receivers, expected))
    assert signal.send() is not results


@pytest.mark.parametrize("arguments", [(), (None,), (0,), ("sender",), ([],), (ANY,), (Thing(),)])
def test_receivers_get_the_sender(signals: ModuleType, arguments: Any) -> None:
    signal = signals.Signal()
    signal.connect(echo)
    for keywords in ({}, {"keyword": 1}):
        ((_, ((given,), given_keywords)),) = signal.send(*arguments, **keywords)
        assert given is (arguments[0] if arguments else None)
        assert given_keywords == keywords


@pytest.mark.parametrize("keywords", KEYWORDS, ids=list)
@pytest.mark.parametrize("receivers", [1, 3])
@through
def test_receivers_get_the_keywords(
    signals: ModuleType, through: Callable[[Any], Any], keywords: dict[str, Any], receivers: int
) -> None:
    signal, thing, sent = through(signals.Signal()), Thing(), dict(keywords)
    connected = [*(lambda *args, **kwargs: (args, kwargs) for _ in range(receivers)), echo_async]
    for receiver in connected:
        signal.connect(receiver, thing)
    expected = [(receiver, ((thing,), keywords)) for receiver in connected]
    for wrapper in ("_async_wrapper", "".join(["_async", "_wrapper"])):  # the second string is not interned
        for _ in range(2):
            results = signal.send(thing, **keywords, **{wrapper: blocking})
            assert results == signal.send(thing, **{wrapper: blocking}, **keywords) == expected
            assert all(list(given) == list(keywords) for _, (_, given) in results)
    if "_sync_wrapper" not in keywords:
        assert finish(signal.send_async(thing, **keywords, _sync_wrapper=awaitable)) == expected
    assert keywords == sent


def test_each_receiver_gets_its_own_keywords(signals: ModuleType) -> None:
    signal, sent, kept = signals.Signal(), {"a": 1, "b": 2}, []

    def changes(sender: Any, **kwargs: Any) -> Any:
        kept.append(kwargs)
        kwargs["a"] = "changed"
        del kwargs["b"]

    signal.connect(changes)
    signal.connect(echo)
    for _ in range(2):
        assert signal.send("sender", **sent) == [(changes, None), (echo, (("sender",), {"a": 1, "b": 2}))]
    assert sent == {"a": 1, "b": 2}
    assert kept == [{"a": "changed"}] * 2


# Exceptions


ERRORS = [ValueError, StopIteration, GeneratorExit, KeyboardInterrupt, SystemExit, asyncio.CancelledError]


@pytest.mark.parametrize(
    ("dispatch", "error"),
    [(by_send, error) for error in ERRORS] + [(by_send_async, error) for error in ERRORS if error is not StopIteration],
)
@through
def test_an_exception_propagates_at_once(
    signals: ModuleType, through: Callable[[Any], Any], dispatch: Dispatch, error: type[BaseException]
) -> None:
    signal, called, raised = through(signals.Signal()), [], error("oh")

    def first(sender: Any) -> None:
        called.append("first")

    def raises(sender: Any) -> None:
        raise raised

    def last(sender: Any) -> None:
        called.append("last")

    for receiver in (first, raises, last):
        signal.connect(receiver)
    with pytest.raises(error) as caught:
        dispatch(signal)
    assert caught.value is raised
    assert traceback.extract_tb(caught.tb)[-1].name == "raises"
    assert called == ["first"], "later receivers are not called"
    signal.disconnect(raises)
    assert dispatch(signal) == [first, last]


# Coroutine functions


@through
def test_a_coroutine_function_without_a_wrapper_is_an_error(signals: ModuleType, through: Callable[..., Any]) -> None:
    signal, called = through(signals.Signal()), []
    signal.connect(before := lambda sender, **kwargs: called.append(sender))
    signal.connect(echo_async, "sender")
    signal.connect(after := lambda sender, **kwargs: called.append(sender))
    for keywords in ({}, {"_async_wrapper": None}, {"a": 1}):
        with pytest.raises(RuntimeError) as caught:
            signal.send("sender", **keywords)
        assert str(caught.value).startswith("Cannot send to a coroutine function")
        assert repr(echo_async) in str(caught.value)
        assert "_async_wrapper" in str(caught.value)
        assert called == ["sender"], "the earlier receiver is called, the later is not"
        called.clear()
    assert by_send(signal, "other") == [before, after]


@pytest.mark.parametrize("wrapper", [lambda receiver: 1 / 0, lambda receiver: lambda *args: 1 / 0])
def test_an_exception_in_a_wrapper_propagates(signals: ModuleType, wrapper: Any) -> None:
    signal, called = signals.Signal(), []
    signal.connect(echo_async)
    signal.connect(lambda sender: called.append(sender), weak=False)
    with pytest.raises(ZeroDivisionError):
        signal.send(_async_wrapper=wrapper)
    assert called == []


# What receivers may do


def test_a_receiver_that_dies_during_send_is_skipped(signals: ModuleType, collect: Collect) -> None:
    signal, mortal, thing = signals.Signal(), [function()], [Thing()]

    def first(sender: Any) -> None:
        mortal.clear()
        thing.clear()
        collect()

    signal.connect(first)
    signal.connect(mortal[0])
    signal.connect(thing[0].method)
    assert by_send(signal) == [first]
    assert len(signal.receivers) == 1


def test_no_lock_is_held_while_a_receiver_runs(signals: ModuleType) -> None:
    signal, other = signals.Signal(), function()

    def work() -> None:
        signal.connect(other, "another")
        assert by_send(signal, "another") == [other]
        signal.disconnect(other)

    def receiver(sender: Any) -> None:
        if sender == "sender":
            thread = threading.Thread(target=work, daemon=True)
            thread.start()
            thread.join(30)
            assert not thread.is_alive()

    signal.connect(receiver, "sender")
    assert by_send(signal, "sender") == [receiver]
    assert "another" not in signal._by_sender

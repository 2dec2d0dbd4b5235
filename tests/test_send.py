"""Sending: what receivers get, what comes back, and what happens when they raise or change the connections."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from types import ModuleType
from typing import Any, cast

import pytest
from dispatch import Thing, blocking, by_send, every_way, function

from aldis import ANY


def echo(*args: Any, **kwargs: Any) -> Any:
    return args, kwargs


async def echo_async(*args: Any, **kwargs: Any) -> Any:
    return args, kwargs


KEYWORDS: list[dict[str, Any]] = [
    {},
    {"a": 1},
    {"a": 1, "b": None},
    {f"keyword{number}": number for number in range(20)},
    {"self": 1, "receiver": 2},
    {"sender": 1},
    {"kwargs": {}, "args": ()},
    {"_sync_wrapper": print},
    {"_sync_wrapper": None, "self": 1},
    {"weak": True, "signal": 1, "result": 2, "weakref": 3},
    {"no identifier": 1, "": 2, "é": 3},
]


def plainly(signal: Any) -> Any:
    return signal


def by_way_of_receivers_for(signal: Any) -> Any:
    signal.receivers_for = signal.receivers_for  # which no send passes by once it is the instance's own
    return signal


through = pytest.mark.parametrize("through", [plainly, by_way_of_receivers_for])


def test_nobody_listens(signals: ModuleType) -> None:
    signal = signals.Signal()
    assert signal.send() == signal.send("sender", keyword=1) == signal.send(ANY) == []
    signal.connect(echo, "other")
    assert signal.send() == signal.send("sender", keyword=1) == []


def test_results(signals: ModuleType) -> None:
    expected: list[Any] = [None, 0, [], NotImplemented]
    signal, receivers = signals.Signal(), [function(result) for result in expected]
    for receiver in receivers:
        signal.connect(receiver)
    results = signal.send()
    assert type(results) is list
    assert {type(pair) for pair in results} == {tuple}
    assert results == list(zip(receivers, expected))
    assert signal.send() is not results


@pytest.mark.parametrize("sender", [None, 0, "sender", b"sender", (), [], ANY, Thing()])
def test_the_sender_is_passed_on(signals: ModuleType, sender: Any) -> None:
    signal = signals.Signal()
    signal.connect(echo)
    ((_, ((given,), keywords)),) = signal.send(sender)
    assert given is sender
    assert keywords == {}


def test_the_sender_is_none_unless_given(signals: ModuleType) -> None:
    signal = signals.Signal()
    signal.connect(echo)
    assert signal.send() == signal.send(None) == [(echo, ((None,), {}))]
    assert signal.send(keyword=1) == [(echo, ((None,), {"keyword": 1}))]


@pytest.mark.parametrize("keywords", KEYWORDS, ids=list)
@pytest.mark.parametrize("receivers", [1, 3])
@through
def test_keywords_are_passed_on(
    signals: ModuleType, through: Callable[[Any], Any], keywords: dict[str, Any], receivers: int
) -> None:
    signal, thing = through(signals.Signal()), Thing()
    kept = [lambda *args, **kwargs: (args, kwargs) for _ in range(receivers)]
    for receiver in kept:
        signal.connect(receiver, thing)
    signal.connect(echo_async, thing)
    sent = dict(keywords)
    for _ in range(2):  # what a call site was found to send may be remembered
        results = signal.send(thing, **keywords, _async_wrapper=blocking)
        assert results == [(receiver, ((thing,), keywords)) for receiver in (*kept, echo_async)]
        for _, (_, given) in results:
            assert list(given) == list(keywords)
            assert all(given[name] is value for name, value in keywords.items())
    assert keywords == sent
    results = signal.send(thing, _async_wrapper=blocking, **keywords)
    assert results == [(receiver, ((thing,), keywords)) for receiver in (*kept, echo_async)]


def test_each_receiver_owns_its_keywords(signals: ModuleType) -> None:
    signal, sent, kept = signals.Signal(), {"a": 1, "b": 2}, []

    def changes(sender: Any, **kwargs: Any) -> Any:
        kept.append(kwargs)
        kwargs["a"] = "changed"
        del kwargs["b"]

    signal.connect(changes)
    signal.connect(echo)
    assert signal.send("sender", **sent) == [(changes, None), (echo, (("sender",), sent))]
    assert signal.send("sender", **sent)[1][1][1] is not sent
    assert sent == {"a": 1, "b": 2}
    assert kept == [{"a": "changed"}] * 2


def test_the_same_names_with_other_values(signals: ModuleType) -> None:
    signal = signals.Signal()
    signal.connect(echo)
    for number in range(5):
        wrapper = None if number % 2 else blocking
        ((_, (args, keywords)),) = signal.send(number, a=number, _async_wrapper=wrapper, b=-number)
        assert (args, list(keywords.items())) == ((number,), [("a", number), ("b", -number)])


def test_other_names_after_a_wrapper(signals: ModuleType) -> None:
    signal = signals.Signal()
    signal.connect(echo_async)
    wrapper = {"".join(["_async", "_wrapper"]): blocking}  # a name unlike that in the source of a call
    for name in "abc":
        assert signal.send("sender", **wrapper, **{name: 1}) == [(echo_async, (("sender",), {name: 1}))]
        assert signal.send("sender", _async_wrapper=blocking, **{name: 2})[0][1][1] == {name: 2}


@pytest.mark.parametrize("connected", [True, False])
def test_wrong_arguments(signals: ModuleType, connected: bool) -> None:
    signal, numbered = signals.Signal(), cast(Any, {1: 2})
    if connected:
        signal.connect(echo)
    with pytest.raises(TypeError):
        signal.send("sender", "another")
    with pytest.raises(TypeError):
        signal.send("sender", **numbered)
    with pytest.raises(TypeError):
        signals.Signal.send()


def test_a_receiver_that_does_not_take_what_is_sent(signals: ModuleType) -> None:
    signal = signals.Signal()

    def narrow(sender: Any) -> None: ...

    signal.connect(narrow)
    with pytest.raises(TypeError, match="unexpected keyword argument 'keyword'"):
        signal.send("sender", keyword=1)
    assert signal.send("sender") == [(narrow, None)]


def test_a_receiver_of_any_and_of_the_sender_is_called_once(signals: ModuleType) -> None:
    signal = signals.Signal()
    for senders in ([ANY, "sender"], ["sender", ANY]):
        receiver = function()
        for sender in senders:
            signal.connect(receiver, sender)
        assert by_send(signal, "sender").count(receiver) == 1
        assert by_send(signal, "other").count(receiver) == 1


def test_a_signal_is_passed_around_as_a_bound_method(signals: ModuleType) -> None:
    signal = signals.Signal()
    signal.connect(echo)
    send = signal.send
    del signal
    assert send("sender", a=1) == [(echo, (("sender",), {"a": 1}))]


# Exceptions


@pytest.mark.parametrize("error", [ValueError, StopIteration, GeneratorExit, KeyboardInterrupt, SystemExit])
@through
def test_an_exception_propagates_at_once(
    signals: ModuleType, through: Callable[[Any], Any], error: type[BaseException]
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
        signal.send()
    assert caught.value is raised
    assert caught.value.__context__ is None
    assert traceback.extract_tb(caught.tb)[-1].name == "raises"
    assert called == ["first"]
    signal.disconnect(raises)
    assert by_send(signal) == [first, last]


def test_an_exception_is_not_swallowed_by_a_handler_around_it(signals: ModuleType) -> None:
    signal = signals.Signal()

    def raises(sender: Any) -> None:
        raise ValueError("inner")

    signal.connect(raises)
    try:
        raise LookupError("outer")
    except LookupError:
        with pytest.raises(ValueError, match="inner") as caught:
            signal.send()
    assert isinstance(caught.value.__context__, LookupError)


# Coroutine functions


def test_a_coroutine_function_needs_a_wrapper(signals: ModuleType) -> None:
    signal, called = signals.Signal(), []
    signal.connect(before := lambda sender, **kwargs: called.append(sender))
    signal.connect(echo_async, "sender")
    signal.connect(after := lambda sender, **kwargs: called.append(sender))
    for keywords in ({}, {"_async_wrapper": None}, {"a": 1}):
        with pytest.raises(RuntimeError) as caught:
            signal.send("sender", **keywords)
        assert str(caught.value).startswith("Cannot send to a coroutine function")
        assert repr(echo_async) in str(caught.value)
        assert "_async_wrapper" in str(caught.value)
        assert called == ["sender"], "what comes before is called, what comes after is not"
        called.clear()
    assert by_send(signal, "other") == [before, after]


def test_a_wrapper_is_given_coroutine_functions_alone(signals: ModuleType) -> None:
    signal, wrapped = signals.Signal(), []

    def wrapper(receiver: Any) -> Any:
        wrapped.append(receiver)
        return lambda *args, **kwargs: (receiver, args, kwargs)

    signal.connect(echo)
    assert signal.send("sender", _async_wrapper=wrapper, a=1) == [(echo, (("sender",), {"a": 1}))]
    assert wrapped == []
    signal.connect(echo_async)
    for _ in range(2):
        assert signal.send("sender", a=1, _async_wrapper=wrapper)[1:] == [
            (echo_async, (echo_async, ("sender",), {"a": 1}))
        ]
    assert wrapped == [echo_async] * 2


@pytest.mark.parametrize("wrapper", [lambda receiver: 1 / 0, lambda receiver: lambda *args: 1 / 0])
def test_a_wrapper_that_raises(signals: ModuleType, wrapper: Any) -> None:
    signal = signals.Signal()
    called: list[Any] = []
    signal.connect(echo_async)
    signal.connect(called.append, weak=False)
    with pytest.raises(ZeroDivisionError):
        signal.send(_async_wrapper=wrapper)
    assert called == []


# What receivers may do


def test_sending_from_within_a_receiver(signals: ModuleType) -> None:
    signal, called = signals.Signal(), []

    def receiver(sender: int) -> None:
        called.append(sender)
        if sender:
            assert by_send(signal, sender - 1) == [receiver]

    signal.connect(receiver)
    signal.send(20)
    assert called == list(range(20, -1, -1))


def test_recursion_has_its_limit(signals: ModuleType) -> None:
    signal = signals.Signal()

    def receiver(sender: Any) -> None:
        signal.send(sender)

    signal.connect(receiver)
    with pytest.raises(RecursionError):
        signal.send()
    signal.disconnect(receiver)
    assert signal.send() == []


@pytest.mark.parametrize("sender", [ANY, "sender"])
def test_connecting_from_within_a_receiver(signals: ModuleType, sender: Any) -> None:
    signal, new = signals.Signal(), function()

    def first(given: Any) -> None:
        signal.connect(new, sender)

    signal.connect(first, "sender")
    assert by_send(signal, "sender") == [first], "from the next send on"
    assert by_send(signal, "sender") == [first, new]


def test_receivers_die_while_others_run(signals: ModuleType, collect: Callable[[], None]) -> None:
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


def test_a_strong_receiver_is_released_while_it_runs(signals: ModuleType, collect: Callable[[], None]) -> None:
    signal = signals.Signal()

    def connect() -> None:
        def alone(sender: Any) -> str:
            signal.disconnect(alone)
            return "lives"

        signal.connect(alone, weak=False)

    connect()
    ((_, result),) = signal.send()
    assert result == "lives"
    assert signal.send() == []


def test_the_signal_is_deleted_while_it_is_sent(signals: ModuleType, collect: Callable[[], None]) -> None:
    held, last = [signals.Signal()], function("last")

    def first(sender: Any) -> None:
        held.clear()
        collect()

    held[0].connect(first)
    held[0].connect(last)
    assert held[0].send() == [(first, None), (last, "last")]


def test_no_receiver_is_called_under_a_lock(signals: ModuleType) -> None:
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


@every_way
@pytest.mark.parametrize("connected", [ANY, "sender"])
def test_no_send_waits_for_a_change(signals: ModuleType, dispatch: Callable[..., Any], connected: Any) -> None:
    signal, other, receiver = signals.Signal(), signals.Signal(), function()
    changing, sent, waited = threading.Event(), threading.Event(), []

    class Slow(str):
        def __hash__(self) -> int:
            changing.set()
            waited.append(sent.wait(10))
            return 0

    signal.connect(receiver, connected)
    dispatch(signal, "sender")  # finds out whom to call
    thread = threading.Thread(target=other.connect, args=(receiver, Slow()))
    thread.start()
    assert changing.wait(10)
    assert dispatch(signal, "sender") == [receiver]
    sent.set()
    thread.join()
    assert all(waited)

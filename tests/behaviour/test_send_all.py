"""``send_all`` and ``send_all_async``: every receiver is called, and ``ReceiverErrors`` tells which of them failed."""

from __future__ import annotations

import asyncio
import copy
import gc
import pickle
import sys
import traceback
import weakref
from collections.abc import Iterator
from contextlib import nullcontext
from functools import partial
from types import ModuleType
from typing import Any
from unittest import mock

import pytest
from support.helpers import Collect, Thing, awaitable, blocking, function, send_by

import aldis
from aldis import ReceiverErrors


def fail(sender: Any, **kwargs: Any) -> Any:
    local = Thing()
    sender.append(weakref.ref(local))
    raise ValueError(sender)


async def fail_async(sender: Any, **kwargs: Any) -> Any:
    local = Thing()
    sender.append(weakref.ref(local))
    raise ValueError(sender)


class Failing:
    def __call__(self, sender: Any) -> Any:
        raise ValueError(sender)


@pytest.fixture(params=["plain", "traced"])
def tracing(request: Any) -> Iterator[None]:
    undo: Any = aldis.trace(lambda *args: nullcontext()) if request.param == "traced" else int
    yield
    undo()


# How to send, and how to make a receiver of a function
both = pytest.mark.parametrize(("way", "made"), [("send_all", lambda f: f), ("send_all_async", awaitable)])
send: Any = partial(send_by, wrap=False)


@both
def test_without_errors_it_returns_what_send_returns(signals: ModuleType, way: str, made: Any) -> None:
    signal, keywords = signals.Signal(), {"self": 1, "sender": 2}
    assert send(way, signal) == []
    echo = signal.connect(made(lambda *args, **kwargs: (args, kwargs)))
    none = signal.connect(made(lambda *args, **kwargs: None), "sender")
    assert send(way, signal, "sender", **keywords) == [(echo, (("sender",), keywords)), (none, None)]
    assert send(way, signal) == [(echo, ((None,), {}))]


@both
def test_every_receiver_is_called_in_order(signals: ModuleType, way: str, made: Any) -> None:
    signal, calls, errors = signals.NamedSignal("paid"), mock.Mock(), [ValueError("a"), OSError("c")]
    calls.configure_mock(**{"a.side_effect": errors[0], "b.return_value": 2, "c.side_effect": errors[1]})
    receivers = [signal.connect(made(getattr(calls, name)), weak=False) for name in "abcd"]
    with pytest.raises(ReceiverErrors) as caught:
        send(way, signal, "sender", n=1)
    assert calls.mock_calls == [getattr(mock.call, name)("sender", n=1) for name in "abcd"]
    assert caught.value.exceptions == tuple(errors)
    assert caught.value.results == [(receivers[1], 2), (receivers[3], calls.d.return_value)]
    assert caught.value.message == "2 of 4 receivers raised exceptions"
    assert all(repr(error) in repr(caught.value) for error in errors)


@both
def test_except_star_and_copies_keep_type_and_results(signals: ModuleType, way: str, made: Any) -> None:
    groups: list[Any] = []
    signal = signals.Signal()
    for receiver in [mock.Mock(side_effect=OSError(1)), abs, mock.Mock(side_effect=KeyError(2))]:
        signal.connect(made(receiver), weak=False)
    try:
        send(way, signal, -5)
    except* OSError as group:
        groups.append(group)
    except* KeyError as group:
        groups.append(group)
    with pytest.raises(ReceiverErrors) as caught:
        send(way, signal, -5)
    caught.value.results[:] = [(print, 5)]  # which can be pickled
    groups += [*caught.value.split(OSError), copy.copy(caught.value), pickle.loads(pickle.dumps(caught.value))]
    types = [[OSError], [KeyError]] * 2 + [[OSError, KeyError]] * 2
    assert [[type(error) for error in group.exceptions] for group in groups] == types
    assert {type(group) for group in groups} == {ReceiverErrors}
    assert [[result for _, result in group.results] for group in groups] == [[5]] * 6


@pytest.mark.parametrize(
    ("receiver", "name", "code"),
    [
        (fail, "'fail'", fail),
        (fail_async, "'fail_async'", fail_async),
        (partial(partial(fail, a=1), b=2), "'fail'", fail),
        ((failing := Failing()).__call__, "'Failing.__call__'", Failing.__call__),
        (double := mock.Mock(side_effect=ValueError), repr(double), mock.Mock.__call__),
    ],
)
def test_a_note_names_the_receiver_with_file_and_line(signals: ModuleType, receiver: Any, name: str, code: Any) -> None:
    signal = signals.Signal()
    signal.connect(receiver)
    signal.connect(int)
    with pytest.raises(ReceiverErrors) as caught:
        signal.send_all([], _async_wrapper=blocking)
    place = f"{code.__code__.co_filename}:{code.__code__.co_firstlineno}"
    assert caught.value.exceptions[0].__notes__ == [f"raised by the receiver {name}, {place}"]
    assert caught.value.exceptions[1].__notes__ == ["raised by the receiver 'int'"]


@pytest.mark.parametrize(("way", "receiver"), [("send_all", fail), ("send_all_async", fail_async)])
@pytest.mark.usefixtures("tracing")
def test_tracebacks_begin_in_the_receiver_and_no_frame_outlives_the_handling(
    signals: ModuleType, collect: Collect, way: str, receiver: Any
) -> None:
    refs: list[Any] = []
    signal = signals.Signal()
    signal.connect(receiver)
    gc.disable()
    try:
        try:
            send(way, signal, refs)
        except* ValueError as group:
            (frame,) = traceback.extract_tb(group.exceptions[0].__traceback__)
            assert frame.name == receiver.__name__
        if sys.implementation.name == "pypy":
            collect()
        assert refs[0]() is None
    finally:
        gc.enable()


@both
@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, asyncio.CancelledError, GeneratorExit])
def test_exits_and_cancellation_propagate_at_once(signals: ModuleType, way: str, made: Any, error: Any) -> None:
    signal, first, last = signals.Signal(), mock.Mock(side_effect=ValueError), mock.Mock()
    for receiver in (first, mock.Mock(side_effect=error), last):
        signal.connect(made(receiver), weak=False)
    with pytest.raises(error):
        send(way, signal)
    assert (first.called, last.called) == (True, False)


@both
@pytest.mark.usefixtures("tracing")
def test_a_missing_wrapper_is_an_error_before_any_call(signals: ModuleType, way: str, made: Any) -> None:
    called: list[Any] = []
    signal = signals.Signal()
    wrong = fail_async if way == "send_all" else fail
    signal.connect(made(called.append), weak=False)
    signal.connect(wrong)
    with pytest.raises(RuntimeError) as caught:
        send(way, signal, "sender")
    assert repr(wrong) in str(caught.value) and called == []
    with signal.muted():
        assert send(way, signal, "sender") == []
    wrapper = {"_async_wrapper" if way == "send_all" else "_sync_wrapper": lambda receiver: made(function("wrapped"))}
    assert send(way, signal, "sender", **wrapper)[1] == (wrong, "wrapped")

"""``trace``: hooks around each call of a receiver."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import ModuleType
from typing import Any
from unittest.mock import Mock

import pytest
from support.helpers import awaitable, every_method, function, in_threads, send_by

from aldis import ReceiverErrors, trace


@pytest.fixture
def tracing() -> Iterator[Any]:
    """Trace with a hook until the end of the test, or until the function that this returns is called."""
    with ExitStack() as stack:
        yield lambda hook: stack.callback(trace(hook))


def noting(events: list[Any], name: str) -> Callable[..., Any]:
    """Return a hook that notes when a call begins and ends, and its exception."""

    @contextmanager
    def hook(signal: Any, receiver: Any, sender: Any, kwargs: dict[str, Any]) -> Iterator[None]:
        events.append(f"{name} begins")
        try:
            yield
        except Exception as error:
            events.append(error)
            raise
        finally:
            events.append(f"{name} ends")

    return hook


@every_method
@pytest.mark.parametrize("kind", ["function", "coroutine function"])
def test_hooks_nest_around_each_call(signals: ModuleType, tracing: Any, way: str, kind: str) -> None:
    events: list[Any] = []
    asked: list[Any] = []
    signal = signals.Signal()
    called = lambda sender, **kwargs: events.append((sender, kwargs))  # noqa: E731
    signal.connect(receiver := called if kind == "function" else awaitable(called))
    plain = send_by(way, signal, "sender", a=1, self=2)
    tracing(lambda *args: args[-1].clear())  # a hook gets a copy of the keywords
    for hook in (noting(events, "outer"), lambda *args: asked.append(args), noting(events, "inner")):
        tracing(hook)
    events.clear()
    assert send_by(way, signal, "sender", a=1, self=2) == plain
    assert events == ["outer begins", "inner begins", ("sender", {"a": 1, "self": 2}), "inner ends", "outer ends"]
    assert asked == [(signal, receiver, "sender", {"a": 1, "self": 2})]
    with signal.muted():
        send_by(way, signal)
    in_threads(lambda: send_by(way, signal, "other thread"), 3)
    assert [call[2] for call in asked[1:]] == ["other thread"] * 3


@every_method
def test_hooks_are_undone_in_any_order(signals: ModuleType, tracing: Any, way: str) -> None:
    events: list[Any] = []
    signal, receiver = signals.Signal(), function()
    signal.connect(receiver)
    hook = noting(events, "b")
    undo_a, undo_b, undo_b_again = tracing(noting(events, "a")), tracing(hook), tracing(hook)
    for undo, left in [(int, "abb"), (undo_b, "ab"), (undo_b, "ab"), (undo_a, "b"), (undo_b_again, "")]:
        undo()
        send_by(way, signal)
        assert events == [f"{name} begins" for name in left] + [f"{name} ends" for name in reversed(left)]
        events.clear()


@every_method
def test_exceptions_pass_through_the_hooks(signals: ModuleType, tracing: Any, way: str) -> None:
    events: list[Any] = []
    signal, error = signals.Signal(), ValueError("mine")
    signal.connect(Mock(side_effect=error), weak=False)
    tracing(noting(events, "a"))
    with pytest.raises(ReceiverErrors if "all" in way else ValueError) as caught:
        send_by(way, signal)
    assert events == ["a begins", error, "a ends"]
    assert error in (caught.value, *getattr(caught.value, "exceptions", ()))


@every_method
@pytest.mark.parametrize("junk", [42, False, type("HalfManager", (), {"__exit__": print})()])
def test_an_error_of_a_hook_propagates_at_once(signals: ModuleType, tracing: Any, way: str, junk: Any) -> None:
    called: list[Any] = []
    events: list[Any] = []
    signal = signals.Signal()
    signal.connect(called.append, weak=False)
    tracing(noting(events, "a"))
    tracing(hook := lambda *args: junk)
    with pytest.raises(TypeError, match="return a context manager or None") as caught:
        send_by(way, signal)
    assert f"The hook {hook!r} returned {junk!r}" in str(caught.value)
    assert (events, called) == (["a begins", caught.value, "a ends"], [])


def test_a_hook_must_be_callable() -> None:
    with pytest.raises(TypeError, match="Cannot trace with 42: a hook must be callable"):
        trace(42)  # type: ignore[arg-type]


@every_method
@pytest.mark.parametrize("on", ["instance", "class"])
def test_replaced_receivers_for_works_beside_hooks(signals: ModuleType, tracing: Any, way: str, on: str) -> None:
    def receivers_for(*args: Any) -> list[Any]:
        return [lambda sender: events.append("chosen")]

    events: list[str] = []
    chosen = {"receivers_for": receivers_for}
    signal = type("Chosen", (signals.Signal,), chosen if on == "class" else {})()
    vars(signal).update(chosen if on == "instance" else {})
    signal.connect(print)
    undo = tracing(noting(events, "a"))
    send_by(way, signal)
    assert events == ["a begins", "chosen", "a ends"]
    undo()
    send_by(way, signal)
    assert events[3:] == ["chosen"]


def test_a_hook_is_entered_around_the_await(signals: ModuleType, tracing: Any) -> None:
    events: list[Any] = []
    signal = signals.Signal()

    async def receiver(sender: str) -> None:
        events.append("first half")
        await asyncio.sleep(0)
        events.append("second half")

    signal.connect(receiver)
    tracing(noting(events, "a"))
    for awaited in (signal.send_async, signal.send_all_async):
        events.clear()
        asyncio.run(awaited())
        assert events == ["a begins", "first half", "second half", "a ends"]

"""Right uses of what aldis adds to blinker, on bare signals, and the types that checkers must infer."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, assert_type

import aldis
from aldis import ANY, Call, Connection, ReceiverErrors, Signal, trace

Results = list[tuple[Callable[..., Any], Any]]
ready = Signal()


def ensure_sync(function: Callable[..., Coroutine[Any, Any, Any]]) -> Callable[..., Any]:
    return function


def ensure_async(function: Callable[..., Any]) -> Callable[..., Coroutine[Any, Any, Any]]:
    return function


# Sending
assert_type(ready.send_all(), Results)
assert_type(ready.send_all("sender", a=1, _async_wrapper=ensure_sync), Results)
assert_type(ready.emit(), None)
assert_type(ready.emit("sender", a=1, _async_wrapper=ensure_sync), None)


async def sending() -> None:
    assert_type(await ready.send_all_async(), Results)
    assert_type(await ready.send_all_async("sender", a=1, _sync_wrapper=ensure_async), Results)


try:
    ready.send_all()
except ReceiverErrors as errors:
    assert_type(errors.results, Results)
    assert_type(errors.exceptions, tuple[Exception | ExceptionGroup[Exception], ...])
    group: ExceptionGroup[Exception] = errors
    assert_type(errors.split(ValueError)[0], ExceptionGroup[ValueError] | None)

# Connections
for connection in ready.connections():
    assert_type(connection, Connection)
    assert_type(connection.receiver, Callable[..., Any])
    assert_type(connection.sender, Any)
    assert_type(connection.weak, bool)
    assert_type(connection.where, str | None)
    receiver, sender, weak, where = connection
    assert_type(where, str | None)
    ready.disconnect(receiver, sender)

# Captured calls
with ready.captured() as calls:
    ready.send("sender", a=1)
assert_type(calls, list[Call])
assert_type(calls[0].sender, Any)
assert_type(calls[0].kwargs, dict[str, Any])
assert calls == [Call("sender", {"a": 1}), ("sender", {"a": 1})]
with ready.captured(sender=ANY) as calls, ready.captured("sender") as others:
    assert_type(others, list[Call])


# Tracing
def hook(
    signal: Signal, receiver: Callable[..., Any], sender: Any, kwargs: dict[str, Any]
) -> AbstractContextManager[None] | None:
    return nullcontext() if kwargs else None


@contextmanager
def span(signal: Signal[Any], receiver: object, sender: object, kwargs: object) -> Generator[None, None, None]:
    yield


undo = trace(hook)
assert_type(undo, Callable[[], None])
assert_type(undo(), None)
aldis.trace(span)()
aldis.trace(lambda signal, receiver, sender, kwargs: None)()

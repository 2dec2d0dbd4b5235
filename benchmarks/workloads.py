"""Senders and receivers. Measured receivers do nothing; with a log, they record that they were called."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

Log = list[tuple[int, Any]]
Receiver = Callable[..., Any]


class Sender: ...


class Tag(str):
    """A string with an ``__eq__`` of its own, as ``numpy.str_`` has."""

    def __eq__(self, other: object) -> bool:
        return str.__eq__(self, other)

    __hash__ = str.__hash__


class Owner:
    def method(self, sender: Any, **kw: Any) -> None:
        pass

    __call__ = method


class LoggingOwner(Owner):
    def __init__(self, index: int, log: Log) -> None:
        self.index, self.log = index, log

    def method(self, sender: Any, **kw: Any) -> None:
        self.log.append((self.index, sender))

    __call__ = method


def instance(index: int, log: Log | None) -> Owner:
    return Owner() if log is None else LoggingOwner(index, log)


def function(index: int, log: Log | None) -> Receiver:
    return (lambda sender, **kw: None) if log is None else (lambda sender, **kw: log.append((index, sender)))


def positional(index: int, log: Log | None) -> Receiver:
    return (lambda sender, *values: None) if log is None else (lambda sender, *values: log.append((index, sender)))


def coroutine(index: int, log: Log | None) -> Receiver:
    async def receiver(sender: Any, **kw: Any) -> None:
        pass

    async def logging(sender: Any, **kw: Any) -> None:
        log.append((index, sender))  # type: ignore[union-attr]

    return receiver if log is None else logging


KINDS: dict[str, Callable[[int, Log | None], Receiver]] = {
    "functions": function,
    "methods": lambda index, log: instance(index, log).method,
    "instances": instance,
    "partials": lambda index, log: partial(function(index, log), extra=index),
    "coroutines": coroutine,
    "positional": positional,
}


def receivers(many: int, kind: str = "functions", log: Log | None = None) -> list[Receiver]:
    """Return receivers of a kind. With a log, each appends its index and the sender."""
    return [KINDS[kind](index, log) for index in range(many)]


def count(many: int, things: str) -> str:
    """Return "10 functions", or "1 function"."""
    return f"{many:,} {things[:-1] if many == 1 else things}"

"""Senders and receivers. Measured receivers do nothing; with a log, they record that they were called."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

Log = list[tuple[int, Any]]


class Sender:
    """A sender. With a log, it records the index of the bound ``str.format`` that formats it."""

    def __init__(self, log: Log | None = None) -> None:
        self.log = log

    def __format__(self, spec: str) -> str:
        if self.log is not None:
            self.log.append((int(spec), self))
        return ""


class Tag(str):
    """A string with an ``__eq__`` of its own, as ``numpy.str_`` has."""

    def __eq__(self, other: object) -> bool:
        return str.__eq__(self, other)

    __hash__ = str.__hash__


class Owner:
    def method(self, sender: Any, **kw: Any) -> None:
        pass

    __call__ = method


class LoggingOwner:
    def __init__(self, index: int, log: Log) -> None:
        self.index, self.log = index, log

    def method(self, sender: Any, **kw: Any) -> None:
        self.log.append((self.index, sender))

    __call__ = method


def function(index: int, log: Log | None) -> Callable[..., None]:
    return (lambda sender, **kw: None) if log is None else (lambda sender, **kw: log.append((index, sender)))


def positional(index: int, log: Log | None) -> Callable[..., None]:
    return (lambda sender, *values: None) if log is None else (lambda sender, *values: log.append((index, sender)))


def coroutine(index: int, log: Log | None) -> Callable[..., Any]:
    async def receiver(sender: Any, **kw: Any) -> None:
        pass

    async def logging(sender: Any, **kw: Any) -> None:
        log.append((index, sender))  # type: ignore[union-attr]

    return receiver if log is None else logging


KINDS: dict[str, Callable[[int, Log | None], Callable[..., Any]]] = {
    "functions": function,
    "methods": lambda index, log: (Owner() if log is None else LoggingOwner(index, log)).method,
    "instances": lambda index, log: Owner() if log is None else LoggingOwner(index, log),
    # one of the few builtins that take any keyword
    "builtins": lambda index, log: "".format if log is None else f"{{:{index}}}".format,
    "partials": lambda index, log: partial(function(index, log), extra=index),
    "coroutines": coroutine,
    "positional": positional,
}


def receivers(many: int, kind: str = "functions", log: Log | None = None) -> list[Callable[..., Any]]:
    """Return receivers of a kind. With a log, each appends its index and the sender."""
    return [KINDS[kind](index, log) for index in range(many)]


def count(many: int, things: str) -> str:
    """Return "10 functions", or "1 function"."""
    return f"{many:,} {things[:-1] if many == 1 else things}"

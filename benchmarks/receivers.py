"""Receivers of every kind: those that are measured do nothing, those of the self-check keep a log."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

Log = list[tuple[int, Any]]


class Sender:
    """A sender, and for the self-check of builtins one that notices being formatted."""

    def __init__(self, log: Log | None = None) -> None:
        self.log = log

    def __format__(self, spec: str) -> str:
        if self.log is not None:
            self.log.append((int(spec), self))
        return ""


class Owner:
    def method(self, sender: Any, **kw: Any) -> None:
        pass


class LoggingOwner:
    def __init__(self, index: int, log: Log) -> None:
        self.index, self.log = index, log

    def method(self, sender: Any, **kw: Any) -> None:
        self.log.append((self.index, sender))


class Callable_:
    def __call__(self, sender: Any, **kw: Any) -> None:
        pass


class LoggingCallable(LoggingOwner):
    def __call__(self, sender: Any, **kw: Any) -> None:
        self.log.append((self.index, sender))


def function(index: int, log: Log | None) -> Callable[..., None]:
    if log is None:

        def receiver(sender: Any, **kw: Any) -> None:
            pass
    else:

        def receiver(sender: Any, **kw: Any) -> None:
            log.append((index, sender))

    return receiver


def positional(index: int, log: Log | None) -> Callable[..., None]:
    if log is None:

        def receiver(sender: Any, *values: Any) -> None:
            pass
    else:

        def receiver(sender: Any, *values: Any) -> None:
            log.append((index, sender))

    return receiver


def coroutine(index: int, log: Log | None) -> Callable[..., Any]:
    if log is None:

        async def receiver(sender: Any, **kw: Any) -> None:
            pass
    else:

        async def receiver(sender: Any, **kw: Any) -> None:
            log.append((index, sender))

    return receiver


def method(index: int, log: Log | None) -> Callable[..., None]:
    return Owner().method if log is None else LoggingOwner(index, log).method


def instance(index: int, log: Log | None) -> Callable[..., None]:
    return Callable_() if log is None else LoggingCallable(index, log)


def builtin(index: int, log: Log | None) -> Callable[..., str]:
    # one of the few builtins that take any keywords; the bound object is kept by whoever keeps the receiver
    return "".format if log is None else f"{{:{index}}}".format


def bound_partial(index: int, log: Log | None) -> Callable[..., None]:
    return partial(function(index, log), extra=index)


KINDS: dict[str, Callable[[int, Log | None], Callable[..., Any]]] = {
    "functions": function,
    "methods": method,
    "instances": instance,
    "builtins": builtin,
    "partials": bound_partial,
    "coroutines": coroutine,
    "positional": positional,
}


def make(kind: str, many: int, log: Log | None = None) -> list[Callable[..., Any]]:
    """Return receivers of that kind: silent ones, or with a log, ones that append their index and the sender."""
    return [KINDS[kind](index, log) for index in range(many)]


def count(many: int, things: str) -> str:
    """Return "10 functions", or "1 function"."""
    return f"{many:,} {things[:-1] if many == 1 else things}"

"""The libraries under test: blinker, both cores of aldis, a handwritten loop, and with ``--peers`` others."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import MethodType, SimpleNamespace
from typing import Any

import blinker
import pytest

from aldis._cores import signals_on

BLINKER, PURE, COMPILED, LOOP = "blinker", "aldis pure", "aldis compiled", "handwritten loop"
NOTHING = "no signals"  # the same program, and no signal in it
CORES = (COMPILED, PURE)
LIKE_BLINKER = (BLINKER, *CORES)

KEYWORDS = {0: "", 1: ", a=1", 2: ", a=1, b=2", 8: ", a=1, b=2, c=3, d=4, e=5, f=6, g=7, h=8"}
CHANGE = "target.connect(receiver); target.disconnect(receiver)"
Things = Sequence[Any]


@dataclass(frozen=True, eq=False)
class Library:
    """One way to call receivers.

    :param connected: takes receivers, a sender for each (None for any) and whether to hold them weakly; returns a
        target with these connections.
    :param call: the statement that sends through ``target``.
    :param change: the statement that connects ``receiver`` and disconnects it again.
    :param module: a module with blinker's interface, for the libraries that have it.
    :param positional: passes positional values only, no keywords.
    :param filters: tells senders apart.
    :param differs: how its work differs from blinker's.
    :param package: the distribution, for other libraries.
    """

    name: str
    connected: Callable[[Things, Things, bool], Any]
    call: str = "target.send(sender{keywords})"
    change: str = ""
    module: Any = None
    positional: bool = False
    filters: bool = True
    differs: str = ""
    package: str = ""

    def sending(self, keywords: int = 0, extra: str = "", method: str = "send") -> str:
        """Return the statement that sends with this number of keywords."""
        text = "".join(f", {value}" for value in range(keywords)) if self.positional else KEYWORDS[keywords]
        return self.call.format(keywords=(extra if self.module else "") + text).replace(".send(", f".{method}(")


def connecting(make: Callable[[], Any], connect: Callable[[Any, Any, Any, bool], object]) -> Any:
    """Return the function for :attr:`Library.connected`, from what makes a target and what connects to one."""

    def connected(receivers: Things, senders: Things, weak: bool) -> Any:
        target = make()
        for receiver, sender in zip(receivers, senders):
            connect(target, receiver, sender, weak)
        return target

    return connected


def like_blinker(name: str, module: Any) -> Library:
    def connect(signal: Any, receiver: Any, sender: Any, weak: bool) -> None:
        signal.connect(receiver, module.ANY if sender is None else sender, weak=weak)

    return Library(name, connecting(module.Signal, connect), change=CHANGE, module=module)


class Loop:
    """What a program would contain that needs no more than this."""

    def __init__(self, receivers: Things, senders: Things, weak: bool) -> None:
        by_sender: dict[Any, list[Any]] = {}
        for receiver, its_sender in zip(receivers, senders):
            by_sender.setdefault(its_sender, []).append(receiver)

        def send(sender: Any = None, /, **kw: Any) -> list[tuple[Any, Any]]:
            return [(r, r(sender, **kw)) for r in receivers]

        def send_to_some(sender: Any = None, /, **kw: Any) -> list[tuple[Any, Any]]:
            return [(r, r(sender, **kw)) for r in by_sender.get(sender, ())]

        async def send_async(sender: Any = None, /, **kw: Any) -> list[tuple[Any, Any]]:
            return [(r, await r(sender, **kw)) for r in receivers]

        self.send, self.send_async = send if set(by_sender) <= {None} else send_to_some, send_async


class Silent:
    """A signal that sends nothing, in a namespace of its own kind."""

    def signal(self, name: str) -> Silent:
        return self

    def send(self, *_: Any, **__: Any) -> None: ...

    async def send_async(self, *_: Any, **__: Any) -> None: ...

    def connect(self, *_: Any, **__: Any) -> None: ...


def cores() -> list[str]:
    """Return the cores to measure. ``ALDIS_PURE_PYTHON=1`` leaves the compiled one out; PyPy has none."""
    if os.environ.get("ALDIS_PURE_PYTHON") == "1" or sys.implementation.name == "pypy":
        return [PURE]
    return [PURE, COMPILED]


def libraries() -> list[Library]:
    """Return blinker, the cores of aldis, the loop, and what has no signals at all."""
    found = [like_blinker(BLINKER, blinker)]
    for name in cores():
        try:
            found.append(like_blinker(name, signals_on(name.removeprefix("aldis "))))
        except ImportError as error:
            raise pytest.UsageError(
                f"The compiled core of aldis cannot be imported: {error}. Install aldis with ALDIS_EXTENSION=1 to see"
                " what its build lacks, or set ALDIS_PURE_PYTHON=1 to measure the pure core alone."
            ) from error
    differs = "strong references; no disconnecting, no muting, no coroutines, no other thread may change it"
    found.append(Library(LOOP, Loop, differs=differs))
    found.append(Library(NOTHING, Loop, module=SimpleNamespace(Namespace=Silent)))
    return found


def django() -> Iterator[Library]:
    from django.dispatch import Signal

    connected = connecting(Signal, lambda target, receiver, sender, weak: target.connect(receiver, sender, weak))
    yield Library("Django", connected, change=CHANGE, package="Django")


def pydispatcher() -> Iterator[Library]:
    from pydispatch import dispatcher

    def connect(target: Any, receiver: Any, sender: Any, weak: bool) -> None:
        dispatcher.connect(receiver, target[0], dispatcher.Any if sender is None else sender, weak)

    connected = connecting(lambda: (object(), dispatcher.send, dispatcher.connect, dispatcher.disconnect), connect)
    change = "target[2](receiver, target[0]); target[3](receiver, target[0])"
    differs = "looks up what keywords each receiver takes"
    call = "target[1](target[0], sender{keywords})"
    yield Library("PyDispatcher", connected, call, change, package="PyDispatcher", differs=differs)


def pyee() -> Iterator[Library]:
    from pyee import EventEmitter

    connected = connecting(EventEmitter, lambda target, receiver, *_: target.on("event", receiver))
    call = 'target.emit("event", sender{keywords})'
    change = 'target.on("event", receiver); target.remove_listener("event", receiver)'
    differs = "no results, no sender filter, strong references"
    yield Library("pyee", connected, call, change, package="pyee", filters=False, differs=differs)


def psygnal() -> Iterator[Library]:
    from psygnal import SignalInstance

    connected = connecting(lambda: SignalInstance((object,)), lambda target, receiver, *_: target.connect(receiver))
    differs = "no results, no sender filter, strong references to functions, positional values in place of keywords"
    for method, change, more in (("emit", CHANGE, ""), ("emit_fast", "", ", no lock, no current emitter")):
        yield Library(
            f"psygnal {method}", connected, f"target.{method}(sender{{keywords}})", change, package="psygnal",
            positional=True, filters=False, differs=differs + more,
        )  # fmt: skip


def atom() -> Iterator[Library]:
    from atom.api import Atom, Signal

    class Owner(Atom):
        event = Signal()

    connected = connecting(lambda: Owner().event, lambda target, receiver, *_: target.connect(receiver))
    differs = "compiled; no results, no sender filter, strong references to functions"
    yield Library(
        "atom", connected, "target.emit(sender{keywords})", CHANGE, package="atom", filters=False, differs=differs
    )


def dust_riven() -> Iterator[Library]:
    from dust_riven import Signal

    def connect(target: Any, receiver: Any, sender: Any, weak: bool) -> None:
        target.connect(receiver, weak=weak and not isinstance(receiver, MethodType))

    call, change = "target.emit(sender{keywords})", "target.disconnect(target.connect(receiver, weak=True))"
    differs = (
        "compiled; results without receivers, no sender filter, strong references to methods; disconnects by number"
    )
    connected = connecting(Signal, connect)
    yield Library("dust-riven", connected, call, change, package="dust-riven", filters=False, differs=differs)


def peers() -> tuple[list[Library], dict[str, str]]:
    """Return the libraries that are installed, and for the others the reason why not."""
    found, left_out = [], {}
    for load in (psygnal, django, pydispatcher, pyee, atom, dust_riven):
        try:
            found += list(load())
        except ImportError as error:
            left_out[load.__name__] = f"cannot be imported: {error}"
    return found, left_out

"""Who takes part: blinker, both cores of aldis, the loop that one would write by hand."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from . import INSTALL

BLINKER, PURE, COMPILED, LOOP = "blinker", "aldis pure", "aldis compiled", "handwritten loop"
SILENT = "no signals"

KEYWORDS = {
    0: "",
    1: ", a=1",
    2: ", a=1, b=2",
    8: ", a=1, b=2, c=3, d=4, e=5, f=6, g=7, h=8",
}
CHANGING = "target.connect(receiver); target.disconnect(receiver)"


class Missing(Exception):
    """A contestant cannot be had; the message says what to do."""


@dataclass(frozen=True)
class Contestant:
    """One way of calling receivers.

    :param name: as the report calls it.
    :param connected: given receivers, a sender for each (None for any) and whether to hold them weakly, makes what
        is sent through.
    :param call: the statement that is measured.
    :param changing: the statement that connects ``receiver`` and disconnects it.
    :param Signal: the class with blinker's interface, for those who have it.
    :param positional: can it hand over positional values only?
    :param filters: does it tell senders apart?
    :param differs: how its work differs from blinker's.
    :param package: of another library with an interface of its own, where it is installed from.
    """

    name: str
    connected: Callable[[Sequence[Any], Sequence[Any], bool], Any]
    call: str = "target.send(sender{keywords})"
    changing: str = ""
    Signal: Any = None
    positional: bool = False
    filters: bool = True
    differs: str = ""
    package: str = ""

    @property
    def is_peer(self) -> bool:
        return bool(self.package)

    def sending(self, keywords: int, extra: str = "") -> str:
        """Return the statement that sends with so many keywords."""
        text = KEYWORDS[keywords]
        if self.positional:
            text = "".join(f", {value}" for value in range(1, keywords + 1))
        return self.call.format(keywords=(extra if self.Signal else "") + text)


def library(name: str, Signal: Any) -> Contestant:
    """Return a contestant with blinker's interface."""

    def connected(receivers: Sequence[Any], senders: Sequence[Any], weak: bool) -> Any:
        signal = Signal()
        for receiver, sender in zip(receivers, senders):
            if sender is None:
                signal.connect(receiver, weak=weak)
            else:
                signal.connect(receiver, sender, weak=weak)
        return signal

    return Contestant(name, connected, Signal=Signal, changing=CHANGING)


class Loop:
    """What one would write in a program that needs no more than this."""

    def __init__(self, receivers: Sequence[Any], senders: Sequence[Any], weak: bool) -> None:
        receivers = list(receivers)
        by_sender: dict[Any, list[Any]] = {}
        for receiver, its_sender in zip(receivers, senders):
            by_sender.setdefault(its_sender, []).append(receiver)

        if list(by_sender) in ([], [None]):

            def send(sender: Any = None, /, **kw: Any) -> list[tuple[Any, Any]]:
                return [(r, r(sender, **kw)) for r in receivers]

            async def send_async(sender: Any = None, /, **kw: Any) -> list[tuple[Any, Any]]:
                return [(r, await r(sender, **kw)) for r in receivers]
        else:

            def send(sender: Any = None, /, **kw: Any) -> list[tuple[Any, Any]]:
                return [(r, r(sender, **kw)) for r in by_sender.get(sender, ())]

            async def send_async(sender: Any = None, /, **kw: Any) -> list[tuple[Any, Any]]:
                return [(r, await r(sender, **kw)) for r in by_sender.get(sender, ())]

        self.send = send
        self.send_async = send_async


def cores() -> list[str]:
    """Return the cores of aldis that take part. ``ALDIS_PURE_PYTHON=1`` leaves the compiled one out; PyPy has none."""
    if os.environ.get("ALDIS_PURE_PYTHON") == "1" or platform.python_implementation() == "PyPy":
        return [PURE]
    return [PURE, COMPILED]


def contestants() -> list[Contestant]:
    """Return blinker, the cores of aldis and the loop.

    :raises Missing: when one of them is not there.
    """
    try:
        import blinker
    except ImportError as error:
        raise Missing(f"blinker cannot be imported: {error}. Install what the benchmarks need: {INSTALL}") from error
    try:
        from aldis._core import signals_on
    except ImportError as error:
        raise Missing(
            f"aldis cannot be imported: {error}. Install it, and what the benchmarks need: {INSTALL}"
        ) from error
    found = [library(BLINKER, blinker.Signal)]
    for name in cores():
        try:
            found.append(library(name, signals_on(name.split()[1]).Signal))
        except ImportError as error:
            raise Missing(
                f"The compiled core of aldis cannot be imported: {error}. Install aldis with ALDIS_EXTENSION=1 to see"
                " what its build lacks, or set ALDIS_PURE_PYTHON=1 to measure the pure core alone."
            ) from error
    differs = "strong references; no disconnecting, no muting, no weak references, no coroutines"
    found.append(Contestant(LOOP, Loop, differs=differs))
    found.append(Contestant(SILENT, Loop, differs="sends nothing at all: what a request costs without any hooks"))
    return found

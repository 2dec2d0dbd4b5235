"""Other signal libraries. Each does the work nearest to blinker's; how it differs is told in the report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from types import MethodType
from typing import Any

from .contestants import CHANGING, Contestant

Things = Sequence[Any]


def django() -> Iterator[Contestant]:
    from django.dispatch import Signal

    def connected(receivers: Things, senders: Things, weak: bool) -> Any:
        signal = Signal()
        for receiver, sender in zip(receivers, senders):
            signal.connect(receiver, sender, weak=weak)
        return signal

    yield Contestant("Django", connected, changing=CHANGING, package="Django")


def pydispatcher() -> Iterator[Contestant]:
    from pydispatch import dispatcher

    def connected(receivers: Things, senders: Things, weak: bool) -> Any:
        name = object()
        for receiver, sender in zip(receivers, senders):
            dispatcher.connect(receiver, name, dispatcher.Any if sender is None else sender, weak)
        return name, dispatcher.send, dispatcher.connect, dispatcher.disconnect

    yield Contestant(
        "PyDispatcher",
        connected,
        call="target[1](target[0], sender{keywords})",
        changing="target[2](receiver, target[0]); target[3](receiver, target[0])",
        package="PyDispatcher",
        differs="looks up what keywords each receiver takes",
    )


def pyee() -> Iterator[Contestant]:
    from pyee import EventEmitter

    def connected(receivers: Things, senders: Things, weak: bool) -> Any:
        emitter = EventEmitter()
        for receiver in receivers:
            emitter.on("event", receiver)
        return emitter

    yield Contestant(
        "pyee",
        connected,
        call='target.emit("event", sender{keywords})',
        changing='target.on("event", receiver); target.remove_listener("event", receiver)',
        package="pyee",
        filters=False,
        differs="no results, no sender filter, strong references",
    )


def psygnal() -> Iterator[Contestant]:
    from psygnal import SignalInstance

    def connected(receivers: Things, senders: Things, weak: bool) -> Any:
        signal = SignalInstance((object,))
        for receiver in receivers:
            signal.connect(receiver)
        return signal

    for method, differs in (("emit", ""), ("emit_fast", ", no lock, no current emitter")):
        yield Contestant(
            f"psygnal {method}",
            connected,
            call=f"target.{method}(sender{{keywords}})",
            changing=CHANGING if method == "emit" else "",
            package="psygnal",
            positional=True,
            filters=False,
            differs=f"no results, no sender filter, strong references to functions, no keywords: values{differs}",
        )


def atom() -> Iterator[Contestant]:
    from atom.api import Atom, Signal

    class Owner(Atom):
        event = Signal()

    def connected(receivers: Things, senders: Things, weak: bool) -> Any:
        signal = Owner().event
        for receiver in receivers:
            signal.connect(receiver)
        return signal

    yield Contestant(
        "atom",
        connected,
        call="target.emit(sender{keywords})",
        changing=CHANGING,
        package="atom",
        filters=False,
        differs="no results, no sender filter, strong references to functions",
    )


def riven() -> Iterator[Contestant]:
    from dust_riven import Signal

    def connected(receivers: Things, senders: Things, weak: bool) -> Any:
        signal = Signal()
        for receiver in receivers:
            signal.connect(receiver, weak=weak and not isinstance(receiver, MethodType))
        return signal

    yield Contestant(
        "dust-riven",
        connected,
        call="target.emit(sender{keywords})",
        changing="target.disconnect(target.connect(receiver, weak=True))",
        package="dust-riven",
        filters=False,
        differs="results without receivers, no sender filter, strong references to methods; disconnects by number",
    )


ALL: dict[str, Callable[[], Iterator[Contestant]]] = {
    "psygnal": psygnal,
    "Django": django,
    "PyDispatcher": pydispatcher,
    "pyee": pyee,
    "atom": atom,
    "dust-riven": riven,
}


def peers() -> tuple[list[Contestant], dict[str, str]]:
    """Return the libraries that are here, and why the others are left out."""
    found, left_out = [], {}
    for name, load in ALL.items():
        try:
            found += list(load())
        except ImportError as error:
            left_out[name] = f"cannot be imported: {error}"
    return found, left_out

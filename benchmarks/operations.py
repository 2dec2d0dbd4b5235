"""The cases of everything that a signal can do besides calling receivers: lookups, changes, deaths, growth."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from typing import Any

from .cases import PYPY, Case, Operation
from .libraries import CHANGE, Library
from .workloads import Sender, Tag, count, receivers


def stated(
    statement: str, many: int, library: Library, *, each: bool = False, own: bool = False, overriding: bool = False
) -> Operation:
    """A statement about a signal with ``many`` receivers, on any sender or each on a sender of its own.

    :param own: the sender of the statement has one receiver more.
    :param overriding: the signal is of a subclass that overrides ``disconnect``.
    """
    module, its = library.module, receivers(many + own)
    senders = [Sender() if each else module.ANY for _ in its]
    sender = senders[-1] if each and its else Sender()
    if own:
        senders[-1] = sender

    class Overriding(module.Signal):  # type: ignore[misc,name-defined]
        def disconnect(self, *args: Any, **kwargs: Any) -> None:
            super().disconnect(*args, **kwargs)

    signal = (Overriding if overriding else module.Signal)()
    for receiver, its_sender in zip(its, senders):
        signal.connect(receiver, its_sender)
    key, value = list(signal.receivers.items())[-1] if its else (None, None)
    names = {
        "signal": signal, "target": signal, "sender": sender, "receiver": receivers(1)[0], "its": its, "kept": senders,
        "key": key, "value": value, "copy": copy.copy, "namespace": module.Namespace(),
        "Signal": module.Signal, "NamedSignal": module.NamedSignal,
    }  # fmt: skip
    return Operation(statement, names, signals=[signal])


def simple(section: str, title: str, statement: str, many: int = 0, each: bool = False, **options: Any) -> Case:
    """Return the case of a statement that leaves the signal as it was."""
    prepare = partial(stated, statement, many, each=each)
    return Case(section=section, title=title, prepare=prepare, setup=many * 1e-5, **options)


def lookups() -> list[Case]:
    has, find = "signal.has_receivers_for(sender)", "list(signal.receivers_for(sender))"
    return [
        *(simple("lookup", f"has_receivers_for, {count(many, 'functions')}", has, many) for many in (0, 10)),
        simple("lookup", "has_receivers_for, 1 of 1,000 senders", has, 1000, each=True, quick=True),
        simple("lookup", "has_receivers_for, unknown sender beside 1,000 others",
               "signal.has_receivers_for(receiver)", 1000, each=True),
        *(simple("lookup", f"receivers_for, {count(many, 'functions')}", find, many) for many in (1, 10, 100)),
        simple("lookup", "receivers_for, 1 of 1,000 senders", find, 1000, each=True),
        simple("lookup", "bool(signal.receivers)", "bool(signal.receivers)", 1, quick=True),
        simple("lookup", "read signal.is_muted", "signal.is_muted", quick=True),
    ]  # fmt: skip


def small_operations() -> list[Case]:
    statements = {
        "assign signal.is_muted": "signal.is_muted = False",
        "Signal()": "Signal()",
        'NamedSignal("name")': 'NamedSignal("name")',
        'namespace.signal("name")': 'namespace.signal("name")',
        "copy.copy of a signal without receivers": "copy(signal)",
        "with signal.muted()": "with signal.muted(): pass",
        "with signal.connected_to(receiver)": "with signal.connected_to(receiver): pass",
    }
    return [
        *(simple("operations", title, statement, quick=True) for title, statement in statements.items()),
        simple("operations", "copy.copy of a signal with 10 receivers", "copy(signal)", 10),
    ]


def first_send(many: int, library: Library) -> Operation:
    """The first send after a receiver was connected and disconnected."""
    its, sender, extra = receivers(many), Sender(), receivers(1)[0]
    signals = [library.connected(its, [sender] * many, True) for _ in range(20)]

    def change() -> None:
        for signal in signals:
            signal.connect(extra, sender)
            signal.disconnect(extra, sender)

    names = {"signals": signals, "sender": sender, "kept": its}
    return Operation("for signal in signals: signal.send(sender)", names, each=20, before=change)


def changes() -> list[Case]:
    def change(library: Library) -> Operation:
        names = {"target": library.connected([], [], True), "receiver": receivers(1)[0]}
        return Operation(library.change, names)

    send = "signal.connect(receiver); signal.send(sender); signal.disconnect(receiver)"
    return [
        Case(section="changes", title="connect and disconnect", prepare=change, quick=True,
             everyday="Connect and disconnect a receiver", takes=lambda library: bool(library.change)),
        simple("changes", "connect and disconnect beside 10 receivers", CHANGE, 10),
        simple("changes", "connect, send and disconnect", send, quick=True),
        simple("changes", "connect, send and disconnect beside 10 receivers", send, 10),
        *(Case(section="changes", title=f"first send after a change, among {many}", prepare=partial(first_send, many))
          for many in (1, 10, 100)),
    ]  # fmt: skip


def deaths(of_sender: bool, many: int, library: Library) -> Operation:
    """Receivers or senders die, among connections that each have a receiver and a sender of their own."""
    senders, its = [Sender() for _ in range(many)], receivers(many)
    signal = library.connected(its, senders, True)
    dying: list[Any] = []
    others: list[Any] = []

    def connect() -> None:
        others.clear()  # blinker forgets a receiver with a dead sender when the receiver dies
        assert len(signal.receivers) == many
        for _ in range(20):
            receiver, sender = receivers(1)[0], Sender()
            signal.connect(receiver, sender)
            dying.append(sender if of_sender else receiver)
            others.append(receiver if of_sender else sender)

    names = {"dying": dying, "kept": (senders, its)}
    # few rounds, as blinker looks at every sender when a receiver dies
    return Operation("dying.clear()", names, each=20, before=connect, rounds=3, signals=[signal])


def connects_to_any(many: int, library: Library) -> Operation:
    """Connect receivers that have many senders already: each can be connected once."""
    its, senders = receivers(2 if many > 1000 else 20), [Sender() for _ in range(many)]
    signal = library.connected(its * many, [sender for sender in senders for _ in its], True)
    names = {"signal": signal, "its": its, "kept": senders}
    statement = "for receiver in its: signal.connect(receiver)"
    return Operation(statement, names, each=len(its), rounds=1, before=lambda: None, signals=[signal])


def tagged(many: int, library: Library) -> Operation:
    """Send to a string with an ``__eq__`` of its own, among ``many`` strings."""
    receiver = receivers(1)[0]
    signal = library.connected([receiver] * (many + 1), [Tag("tag"), *map(str, range(many))], True)
    return Operation("signal.send(tag)", {"signal": signal, "tag": Tag("tag"), "kept": receiver}, signals=[signal])


def growth() -> list[Case]:
    """Operations whose cost should not depend on the connections that they don't touch."""
    has, send = "signal.has_receivers_for(sender)", "signal.send(sender)"
    each: dict[str, Callable[[int, Library], Operation]] = {
        "connect to any sender a receiver with n senders": connects_to_any,
        "connect, has_receivers_for, disconnect beside n receivers":
            partial(stated, f"signal.connect(receiver); {has}; signal.disconnect(receiver)"),
        "has_receivers_for a sender beside n receivers of any sender": partial(stated, has, own=True),
        "connect another sender, send, disconnect beside n senders":
            partial(stated, f"signal.connect(receiver, receiver); {send}; signal.disconnect(receiver, receiver)",
                    each=True),
        "connect, then del signal.receivers[key] beside n senders":
            partial(stated, f"signal.connect(its[-1], sender); del signal.receivers[key]; {send}", each=True),
        "signal.receivers[key] = value beside n senders":
            partial(stated, f"signal.receivers[key] = value; {send}", each=True),
        "connected_to beside n receivers, where a subclass overrides disconnect":
            partial(stated, "with signal.connected_to(receiver, sender): pass", overriding=True),
        "send to a str with an __eq__ of its own among n senders": tagged,
    }  # fmt: skip
    if not PYPY:  # where references are counted
        each["a receiver dies among n connections"] = partial(deaths, False)
        each["a sender dies among n connections"] = partial(deaths, True)
    return [
        Case(section="growth", title=f"{title}, n = {many:,}", prepare=partial(operation, many), weight=0.5,
             setup=many * 1e-5, info={"operation": title, "n": many}, quick="has_receivers_for, " in title)
        for title, operation in each.items()
        for many in (10, 10_000)
    ]  # fmt: skip


def operation_cases() -> list[Case]:
    return [*lookups(), *small_operations(), *changes(), *growth()]

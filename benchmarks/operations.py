"""The cases of everything that a signal can do besides calling receivers: lookups, changes, deaths, growth."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from typing import Any

from .cases import PYPY, Case, Operation
from .libraries import CHANGE, Library
from .workloads import Sender, Tag, count, receivers


def prepared(library: Library, many: int, each: bool = False, Signal: Any = None, own: bool = False) -> dict[str, Any]:
    """Return names for a statement: a signal with ``many`` receivers, on any sender or each on a sender of its own.

    :param own: the sender has one receiver more.
    """
    its = receivers(many + own)
    senders = [Sender() if each else None for _ in its]
    sender = senders[-1] if each and its else Sender()
    if own:
        senders[-1] = sender
    names: dict[str, Any] = {"sender": sender, "receiver": receivers(1)[0], "kept": (its, senders), "copy": copy.copy}
    if library.module is None:
        return names | {"target": library.connected(its, senders, True)}
    signal = (Signal or library.module.Signal)()
    for receiver, its_sender in zip(its, senders):
        signal.connect(receiver, *([] if its_sender is None else [its_sender]))
    names |= {"signal": signal, "target": signal, "namespace": library.module.Namespace(), "key": None, "value": None}
    if its:
        names["key"], names["value"] = list(signal.receivers.items())[-1]
    names["Signal"], names["NamedSignal"] = library.module.Signal, library.module.NamedSignal
    return names


def simple(section: str, title: str, statement: str, many: int = 0, **options: Any) -> Case:
    """Return the case of a statement that leaves the signal as it was."""
    each, own = options.pop("each", False), options.pop("own", False)

    def prepare(library: Library) -> Operation:
        names = prepared(library, many, each, own=own)
        if "has_receivers_for" in statement and ";" not in statement:
            assert names["signal"].has_receivers_for(names["sender"]) is bool(own or many)
        signals = [names["signal"]] if library.module else []
        return Operation(statement or library.change, names, signals=signals)

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
    return [
        simple("operations", "assign signal.is_muted", "signal.is_muted = False", quick=True),
        simple("operations", "Signal()", "Signal()", quick=True),
        simple("operations", 'NamedSignal("name")', 'NamedSignal("name")'),
        simple("operations", 'namespace.signal("name")', 'namespace.signal("name")'),
        simple("operations", "copy.copy of a signal without receivers", "copy(signal)"),
        simple("operations", "copy.copy of a signal with 10 receivers", "copy(signal)", 10),
        simple("operations", "with signal.muted()", "with signal.muted(): pass"),
        simple("operations", "with signal.connected_to(receiver)", "with signal.connected_to(receiver): pass"),
    ]


def all_at_once(connect: bool, many: int, **options: Any) -> Case:
    """Connecting many receivers to any sender, or disconnecting them again."""

    def prepare(library: Library) -> Operation:
        signal, its = library.module.Signal(), receivers(many)

        def connect_all() -> None:
            for receiver in its:
                signal.connect(receiver)

        def disconnect_all() -> None:
            for receiver in its:
                signal.disconnect(receiver)

        names = {"signal": signal, "its": its}
        statement = f"for receiver in its: signal.{'connect' if connect else 'disconnect'}(receiver)"
        return Operation(statement, names, each=many, before=disconnect_all if connect else connect_all)

    title = f"connect, up to {many} receivers" if connect else f"disconnect, down from {many} receivers"
    return Case(section="changes", title=title, prepare=prepare, **options)


def first_send(many: int, elsewhere: bool = False) -> Case:
    """The first send after a receiver was connected and disconnected, for this sender or for another one."""

    def prepare(library: Library) -> Operation:
        sender, other, extra = Sender(), Sender(), receivers(1)[0]
        its = receivers(many)
        signals = [library.connected(its, [sender] * many, True) for _ in range(20)]

        def change() -> None:
            for signal in signals:
                to = other if elsewhere else sender
                signal.connect(extra, to)
                signal.disconnect(extra, to)

        assert all(len(signal.send(sender)) == many for signal in signals)
        names = {"signals": signals, "sender": sender, "kept": its}
        return Operation("for signal in signals: signal.send(sender)", names, each=20, before=change)

    what = "a change to another sender" if elsewhere else "a change"
    return Case(section="changes", title=f"first send after {what}, among {many}", prepare=prepare)


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


def changes() -> list[Case]:
    send = "signal.connect(receiver); signal.send(sender); signal.disconnect(receiver)"
    return [
        simple("changes", "connect and disconnect", "", quick=True,
               everyday="Connect and disconnect a receiver", takes=lambda library: bool(library.change)),
        simple("changes", "connect and disconnect beside 10 receivers", CHANGE, 10),
        simple("changes", "connect, send and disconnect", send, quick=True),
        simple("changes", "connect, send and disconnect beside 10 receivers", send, 10),
        all_at_once(True, 200),
        all_at_once(False, 200),
        *(first_send(many) for many in (1, 10, 100)),
        first_send(10, elsewhere=True),
    ]  # fmt: skip


def connects_to_any(many: int, library: Library) -> Operation:
    """Connect receivers that have many senders already: each can be connected once."""
    its, senders = receivers(2 if many > 1000 else 20), [Sender() for _ in range(many)]
    signal = library.connected(its * many, [sender for sender in senders for _ in its], True)
    names = {"signal": signal, "its": its, "kept": senders}
    statement = "for receiver in its: signal.connect(receiver)"
    return Operation(statement, names, each=len(its), rounds=1, before=lambda: None, signals=[signal])


def overriding(many: int, library: Library) -> Operation:
    class Overriding(library.module.Signal):  # type: ignore[misc,name-defined]
        def disconnect(self, *args: Any, **kwargs: Any) -> None:
            super().disconnect(*args, **kwargs)

    names = prepared(library, many, Signal=Overriding)
    return Operation("with signal.connected_to(receiver, sender): pass", names, signals=[names["signal"]])


def tagged(many: int, library: Library) -> Operation:
    """Send to a string with an ``__eq__`` of its own, among ``many`` strings."""
    receiver = receivers(1)[0]
    signal = library.connected([receiver] * (many + 1), [Tag("tag"), *map(str, range(many))], True)
    return Operation("signal.send(tag)", {"signal": signal, "tag": Tag("tag"), "kept": receiver}, signals=[signal])


def stated(statement: str, **options: Any) -> Callable[[int, Library], Operation]:
    def operation(many: int, library: Library) -> Operation:
        names = prepared(library, many, **options)
        return Operation(statement, names, signals=[names["signal"]])

    return operation


def growth() -> list[Case]:
    """Operations whose cost should not depend on the connections that they don't touch."""
    has, send = "signal.has_receivers_for(sender)", "signal.send(sender)"
    each: dict[str, Callable[[int, Library], Operation]] = {
        "connect to any sender a receiver with n senders": connects_to_any,
        "connect, has_receivers_for, disconnect beside n receivers":
            stated(f"signal.connect(receiver); {has}; signal.disconnect(receiver)"),
        "has_receivers_for a sender beside n receivers of any sender": stated(has, own=True),
        "connect another sender, send, disconnect beside n senders":
            stated(f"signal.connect(receiver, receiver); {send}; signal.disconnect(receiver, receiver)", each=True),
        "connect, then del signal.receivers[key] beside n senders":
            stated(f"signal.connect(kept[0][-1], sender); del signal.receivers[key]; {send}", each=True),
        "signal.receivers[key] = value beside n senders": stated(f"signal.receivers[key] = value; {send}", each=True),
        "connected_to beside n receivers, where a subclass overrides disconnect": overriding,
        "send to a str with an __eq__ of its own among n senders": tagged,
        # where references are counted
        **({} if PYPY else {"a receiver dies among n connections": partial(deaths, False),
                            "a sender dies among n connections": partial(deaths, True)}),
    }  # fmt: skip
    return [
        Case(section="growth", title=f"{title}, n = {many:,}", prepare=partial(operation, many), weight=0.5,
             setup=many * 1e-5, info={"operation": title, "n": many}, quick="has_receivers_for, " in title)
        for title, operation in each.items()
        for many in (10, 10_000)
    ]  # fmt: skip


def operation_cases() -> list[Case]:
    return [*lookups(), *small_operations(), *changes(), *growth()]

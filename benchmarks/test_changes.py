"""What it costs to connect, to disconnect, to send first after that, and when a receiver or a sender dies."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from typing import Any

from .cells import Cell, Turn
from .contestants import Contestant
from .receivers import Sender, make
from .turns import Effort, Figures, Operation, in_turns


@dataclass(frozen=True, kw_only=True)
class Change(Cell):
    """A change of the table of connections."""

    what: str
    many: int = 0

    @property
    def title(self) -> str:
        return self.what.format(many=f"{self.many:,}")

    @property
    def unit(self) -> str:
        return "operation"

    @property
    def info(self) -> dict[str, Any]:
        summary = "connect+disconnect" if self.what == "connect and disconnect" else ""
        return {"what": self.what, "many": self.many, "summary": summary}

    def measure(self, contestants: list[Contestant], effort: Effort) -> dict[str, Figures]:
        return in_turns({contestant.name: self.operation(contestant) for contestant in contestants}, effort)

    def operation(self, contestant: Contestant) -> Operation:
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Plain(Change):
    """A statement that leaves the table as it was."""

    statement: str = ""

    def takes(self, contestant: Contestant) -> bool:
        return contestant.Signal is not None or (not self.statement and bool(contestant.changing))

    def operation(self, contestant: Contestant) -> Operation:
        others = make("functions", self.many)
        names = {
            "target": contestant.connected(others, [None] * self.many, True),
            "receiver": make("functions", 1)[0],
            "sender": Sender(),
            "others": others,
        }
        return Operation(self.statement or contestant.changing, names)


@dataclass(frozen=True, kw_only=True)
class Half(Change):
    """Connecting many receivers to nothing but ANY, or disconnecting them again."""

    connect: bool

    def operation(self, contestant: Contestant) -> Operation:
        target = contestant.connected((), (), True)
        receivers = make("functions", self.many)

        def connect_all() -> None:
            for receiver in receivers:
                target.connect(receiver)

        def disconnect_all() -> None:
            for receiver in receivers:
                target.disconnect(receiver)

        names = {"target": target, "receivers": receivers}
        if self.connect:
            return Operation("for r in receivers: target.connect(r)", names, self.many, disconnect_all)
        return Operation("for r in receivers: target.disconnect(r)", names, self.many, connect_all)


@dataclass(frozen=True, kw_only=True)
class FirstSend(Change):
    """The first send after a receiver was connected and disconnected."""

    elsewhere: bool = False  # for another sender

    def operation(self, contestant: Contestant) -> Operation:
        sender, other, extra = Sender(), Sender(), make("functions", 1)[0]
        receivers = make("functions", self.many)
        signals = [contestant.connected(receivers, [sender] * self.many, True) for _ in range(20)]

        def change() -> None:
            for signal in signals:
                to = other if self.elsewhere else sender
                signal.connect(extra, to)
                signal.disconnect(extra, to)

        change()
        for signal in signals:
            assert len(signal.send(sender)) == self.many
        names = {"signals": signals, "sender": sender, "receivers": receivers}
        return Operation("for signal in signals: signal.send(sender)", names, len(signals), change)


@dataclass(frozen=True, kw_only=True)
class Death(Change):
    """A receiver or a sender dies, among many connections that each have a receiver and a sender of their own."""

    sender: bool = False

    def takes(self, contestant: Contestant) -> bool:
        # where references are not counted, nothing tells when an object dies
        return contestant.Signal is not None and platform.python_implementation() == "CPython"

    def cost(self, contestants: int, effort: Effort) -> float:
        return super().cost(contestants, effort) + self.many * contestants * 3e-5

    def measure(self, contestants: list[Contestant], effort: Effort) -> dict[str, Figures]:
        operations = {contestant.name: self.operation(contestant) for contestant in contestants}
        figures = in_turns(operations, effort)
        for operation in operations.values():
            for signal in operation.names["signals"]:
                signal.receivers.clear()  # blinker would take minutes to notice that all of them die
        return figures

    def operation(self, contestant: Contestant) -> Operation:
        senders, receivers = [Sender() for _ in range(self.many)], make("functions", self.many)
        deaths = 20 if self.many < 1000 else 5
        signals = [contestant.connected(receivers, senders, True) for _ in range(deaths if self.many < 1000 else 1)]
        dying: list[Any] = []
        surviving: list[Any] = []

        def connect_the_dying() -> None:
            surviving.clear()  # blinker forgets a receiver whose sender died no sooner
            assert all(len(signal.receivers) == self.many for signal in signals)
            for index in range(deaths):
                receiver, sender = make("functions", 1)[0], Sender()
                signals[index % len(signals)].connect(receiver, sender)
                dying.append(sender if self.sender else receiver)
                surviving.append(receiver if self.sender else sender)

        names = {"dying": dying, "signals": signals, "kept": (senders, receivers)}
        return Operation("dying.clear()", names, deaths, connect_the_dying)


CELLS: list[Change] = [
    Plain(what="connect and disconnect"),
    Plain(
        what="connect and disconnect beside {many} receivers",
        many=10,
        statement="target.connect(receiver); target.disconnect(receiver)",
    ),
    Half(what="connect, up to {many} receivers", many=200, connect=True),
    Half(what="disconnect, down from {many} receivers", many=200, connect=False),
    Plain(what="connected_to", statement="with target.connected_to(receiver): pass"),
    *(FirstSend(what="first send after a change, among {many}", many=many) for many in (1, 10, 100)),
    FirstSend(what="first send after a change to another sender, among {many}", many=10, elsewhere=True),
    *(Death(what="a receiver dies among {many} connections", many=many, quick=many < 1000) for many in (10, 100_000)),
    *(
        Death(what="a sender dies among {many} connections", many=many, quick=many < 1000, sender=True)
        for many in (10, 100_000)
    ),
]


def test_changes(turn: Turn) -> None:
    turn()

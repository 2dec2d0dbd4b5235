"""``send``: what it costs to call receivers, by their number, kind and connection, and by the keywords."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from .cells import Cell, Turn
from .contestants import SILENT, Contestant
from .receivers import Log, Sender, count, make
from .turns import Effort, Figures, Operation, in_turns

COUNTS = (0, 1, 3, 10, 100, 1000)
PYPY = sys.implementation.name == "pypy"
AS_FLASK = ", _async_wrapper=wrapper"  # Flask and its extensions never send without it; others are spared it
TO = {
    "any": "",
    "sender": " connected to the sender",
    "other": " connected to another sender",
}


@dataclass(frozen=True, kw_only=True)
class Send(Cell):
    """A send through ``many`` connections.

    :param to: what the receivers are connected to; for ``each``, every receiver has a sender of its own.
    """

    kind: str = "functions"
    many: int = 10
    keywords: int = 0
    weak: bool = True
    to: str = "any"
    flask: bool = False
    muted: bool = False
    replaced: bool = False

    @property
    def title(self) -> str:
        if self.to == "each":
            title = f"1 of {count(self.many, 'senders')}" + (", each time another" if self.many > 1000 else "")
        elif self.to == "unknown":
            title = f"unknown sender beside {count(self.many, 'others')}"
        else:
            title = count(self.many, self.kind) + ("" if self.weak else " held strongly") + TO[self.to]
        title += f", {self.keywords} keywords" if self.keywords > 1 else ", 1 keyword" if self.keywords else ""
        title += ", muted" if self.muted else ", receivers_for replaced" if self.replaced else ""
        return f"as Flask sends, {title}" if self.flask else title

    @property
    def called(self) -> list[int]:
        """Which receivers a send has to call."""
        if self.muted or self.to in ("other", "unknown"):
            return []
        return [self.many // 2] if self.to == "each" else list(range(self.many))

    @property
    def info(self) -> dict[str, Any]:
        names = ("kind", "many", "keywords", "weak", "to", "flask", "muted", "replaced")
        info = {name: getattr(self, name) for name in names}
        plain = self.kind == "functions" and self.weak and self.to == "any"
        if (
            plain
            and self.many in (0, 1, 10, 100)
            and self.keywords in (0, 2)
            and not (self.flask or self.muted or self.replaced)
        ):
            info["summary"] = f"send to {self.many}" + (f", {self.keywords} kw" if self.keywords else "")
        return info

    def cost(self, contestants: int, effort: Effort) -> float:
        return super().cost(contestants, effort) + self.many * contestants * 8e-6

    def takes(self, contestant: Contestant) -> bool:
        if contestant.Signal:
            return True
        if contestant.name == SILENT:
            return False
        if self.muted or self.replaced or (self.to != "any" and not contestant.filters):
            return False
        if contestant.is_peer:  # of a million, some look at each whenever one is connected
            return self.weak and not self.flask and self.kind in ("functions", "methods") and self.many <= 1000
        return True

    def operation(self, contestant: Contestant, receivers: list[Any], senders: list[Any], sender: Any) -> Operation:
        target = contestant.connected(receivers, senders, self.weak)
        if self.muted:
            target.is_muted = True
        if self.replaced:
            target.receivers_for = target.receivers_for
        names = {"target": target, "sender": sender, "wrapper": make, "receivers": receivers}
        call = contestant.sending(self.keywords, AS_FLASK if self.flask else "")
        if self.many <= 1000:
            return Operation(call, names)
        names["some"] = Random(0).sample(senders, 10_000)  # not the one that the processor has at hand
        return Operation(f"for sender in some: {call}", names, each=10_000)

    def senders(self, sender: Any) -> list[Any]:
        if self.to in ("each", "unknown"):
            senders: list[Any] = [Sender() for _ in range(self.many)]
            for index in self.called:
                senders[index] = sender
            return senders
        return [{"any": None, "sender": sender, "other": Sender()}[self.to]] * self.many

    def measure(self, contestants: list[Contestant], effort: Effort) -> dict[str, Figures]:
        sender = Sender()
        senders = self.senders(sender)
        receivers = make(self.kind, self.many)
        operations = {}
        for contestant in contestants:
            self.check(contestant)
            its = make("positional", self.many) if contestant.positional and self.keywords else receivers
            operations[contestant.name] = self.operation(contestant, its, senders, sender)
        figures = in_turns(operations, effort)
        for contestant in contestants:
            if contestant.Signal:
                operations[contestant.name].names["target"].receivers.clear()  # blinker is slow to see a million die
        return figures

    def check(self, contestant: Contestant) -> None:
        """Prove that a send calls every receiver once, with the sender."""
        log: Log = []
        sender = Sender(log)
        cell = self if self.many <= 1000 else Send(kind=self.kind, many=1000, keywords=self.keywords, to=self.to)
        kind = "positional" if contestant.positional and self.keywords else self.kind
        receivers = make(kind, cell.many, log)
        operation = cell.operation(contestant, receivers, cell.senders(sender), sender)
        exec(operation.call, operation.names)
        expected = [(index, sender) for index in cell.called]
        assert sorted(log, key=lambda entry: entry[0]) == expected, (
            f"{contestant.name} does not call every receiver once"
        )


def cells() -> Iterator[Send]:
    for keywords in (0, 2, 8):
        for many in COUNTS:
            yield Send(many=many, keywords=keywords)
    # PyPy has no builtin that can be weakly referenced
    kinds = [kind for kind in ("methods", "instances", "builtins", "partials") if kind != "builtins" or not PYPY]
    for kind in kinds:
        for keywords in (0, 2):
            if kind == "methods":
                yield Send(kind=kind, many=1, keywords=keywords)
            yield Send(kind=kind, keywords=keywords)
    yield Send(weak=False)
    yield Send(kind="methods", weak=False)
    yield Send(to="sender")
    yield Send(to="other")
    for many in (1, 1000):
        for keywords in (0, 2):
            yield Send(many=many, keywords=keywords, to="each")
    yield Send(many=1_000_000, to="each", quick=False)
    yield Send(many=1000, to="unknown")
    yield Send(muted=True)
    yield Send(replaced=True)
    for many in (0, 1, 5):
        for keywords in (0, 1):
            yield Send(many=many, keywords=keywords, flask=True)


CELLS = list(cells())


def test_send(turn: Turn) -> None:
    turn()

"""``has_receivers_for`` and ``receivers_for``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .cells import Cell, Turn
from .contestants import Contestant
from .receivers import Sender, count, make
from .turns import Effort, Figures, Operation, in_turns


@dataclass(frozen=True, kw_only=True)
class Lookup(Cell):
    """A question to a signal with ``many`` receivers, each with a sender of its own where ``each``."""

    call: str
    many: int
    each: bool = False
    unknown: bool = False

    @property
    def title(self) -> str:
        title = f"1 of {self.many:,} senders" if self.each else count(self.many, "functions")
        return f"{self.call}, {'unknown sender beside ' + title[5:] if self.unknown else title}"

    @property
    def unit(self) -> str:
        return "call"

    @property
    def found(self) -> int:
        return 0 if self.unknown else 1 if self.each else self.many

    def measure(self, contestants: list[Contestant], effort: Effort) -> dict[str, Figures]:
        senders = [Sender() for _ in range(self.many)]
        sender = senders[self.many // 2] if self.each and not self.unknown else Sender()
        receivers = make("functions", self.many)
        operations = {}
        for contestant in contestants:
            target = contestant.connected(receivers, senders if self.each else [None] * self.many, True)
            assert len(list(target.receivers_for(sender))) == self.found
            assert target.has_receivers_for(sender) is bool(self.found)
            names: dict[str, Any] = {"target": target, "sender": sender}
            call = f"target.{self.call}(sender)"
            operations[contestant.name] = Operation(f"list({call})" if self.call == "receivers_for" else call, names)
        return in_turns(operations, effort)


CELLS = [
    *(Lookup(call="has_receivers_for", many=many) for many in (0, 10)),
    Lookup(call="has_receivers_for", many=1000, each=True),
    Lookup(call="has_receivers_for", many=1000, each=True, unknown=True),
    *(Lookup(call="receivers_for", many=many) for many in (1, 10, 100)),
    Lookup(call="receivers_for", many=1000, each=True),
]


def test_lookup(turn: Turn) -> None:
    turn()

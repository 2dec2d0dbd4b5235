"""What connections take of memory, and what they leave behind."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from typing import Any

from .cells import Cell, Turn
from .contestants import Contestant
from .processes import process
from .turns import Effort, Figures


@dataclass(frozen=True, kw_only=True)
class Memory(Cell):
    """Connections of a function to a sender of its own."""

    many: int
    forgotten: str = ""  # how they end, if they do

    @property
    def title(self) -> str:
        if self.forgotten:
            return f"left of {self.many:,} connections, {self.forgotten}"
        return f"a connection, one of {self.many:,}"

    @property
    def unit(self) -> str:
        return "connection made and forgotten" if self.forgotten else "connection"

    @property
    def info(self) -> dict[str, Any]:
        return {"many": self.many, "forgotten": self.forgotten, "summary": "" if self.forgotten else "a connection"}

    def takes(self, contestant: Contestant) -> bool:
        return contestant.Signal is not None and platform.python_implementation() == "CPython"  # PyPy does not tell

    def cost(self, contestants: int, effort: Effort) -> float:
        return contestants * (0.3 + self.many * 2.5e-5)

    def measure(self, contestants: list[Contestant], effort: Effort) -> dict[str, Figures]:
        found = {}
        for contestant in contestants:
            effort.tick()
            if self.forgotten:
                answer = process(contestant.name, "memory").ask("growth", many=self.many, how=self.forgotten)
            else:
                answer = process(contestant.name, "memory").ask("memory", many=self.many)
            found[contestant.name] = Figures(answer["seconds"], self.many, {"bytes": answer["bytes"]})
        return found


WAYS = ("disconnected", "disconnected from a name", "sender died", "receiver and sender died")
CELLS = [
    Memory(many=10_000),
    Memory(many=100_000, quick=False),
    *(Memory(many=2_000, forgotten=way) for way in WAYS),
    *(Memory(many=1_000_000 // len(WAYS), forgotten=way, quick=False) for way in WAYS),
]


def test_memory(turn: Turn) -> None:
    turn()

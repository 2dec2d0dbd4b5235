"""How long a program waits for its import, in a new process each time."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from .cells import Cell, Turn
from .contestants import BLINKER, Contestant
from .processes import environment_for
from .turns import Effort, Figures

PROGRAM = "import time; began = time.perf_counter(); import {}; print(time.perf_counter() - began)"


@dataclass(frozen=True, kw_only=True)
class Import(Cell):
    @property
    def title(self) -> str:
        return "import"

    @property
    def info(self) -> dict[str, Any]:
        return {"summary": "import"}

    @property
    def unit(self) -> str:
        return "import"

    def cost(self, contestants: int, effort: Effort) -> float:
        return contestants * effort.rounds * 0.04

    def measure(self, contestants: list[Contestant], effort: Effort) -> dict[str, Figures]:
        figures = {contestant.name: Figures([]) for contestant in contestants}
        for _ in range(effort.rounds + 1):
            for name, its in figures.items():
                program = PROGRAM.format("blinker" if name == BLINKER else "aldis")
                command = [sys.executable, "-c", program]
                said = subprocess.run(command, env=environment_for(name), check=True, stdout=subprocess.PIPE).stdout
                its.bursts.append(float(said))
                effort.tick()
        for its in figures.values():
            del its.bursts[0]  # may have had to compile
        return figures


CELLS = [Import()]


def test_import(turn: Turn) -> None:
    turn()

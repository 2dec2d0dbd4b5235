"""Sends from two threads at once, with the GIL and, where the Python has none, without."""

from __future__ import annotations

import sysconfig
from dataclasses import dataclass
from typing import Any

from .cells import Cell, Turn
from .contestants import LOOP, Contestant
from .processes import Process, process
from .turns import Effort, Figures

BURST = 0.02  # seconds: threads take a while to get going


@dataclass(frozen=True, kw_only=True)
class Threads(Cell):
    """Sends to three functions, from one thread, or from two through signals of their own or one they share."""

    many: int
    shared: bool = False
    gil: bool = True

    @property
    def title(self) -> str:
        what = (
            "1 thread"
            if self.many == 1
            else f"{self.many} threads, {'a shared signal' if self.shared else 'a signal each'}"
        )
        return what + (", with the GIL" if self.gil else ", without the GIL")

    @property
    def info(self) -> dict[str, Any]:
        return {"many": self.many, "shared": self.shared, "gil": self.gil}

    def takes(self, contestant: Contestant) -> bool:
        return contestant.Signal is not None or contestant.name == LOOP

    def cost(self, contestants: int, effort: Effort) -> float:
        return contestants * max(effort.seconds, effort.rounds * BURST) + 0.5

    def measure(self, contestants: list[Contestant], effort: Effort) -> dict[str, Figures]:
        # one process holds all, so that they differ in nothing else
        its = process("all", "threads", **({"PYTHON_GIL": str(int(self.gil))} if FREE_THREADED else {}))
        assert its.ask("gil") is self.gil
        numbers = {contestant.name: self.number(its, contestant.name) for contestant in contestants}
        figures = {name: Figures([], number * self.many) for name, number in numbers.items()}
        for _ in range(effort.rounds_of(BURST)):
            for name, number in numbers.items():
                figures[name].bursts.append(self.send(its, name, number))
                effort.tick()
        for its_figures in figures.values():
            its_figures.extra["sends_per_second"] = 1 / min(its_figures.bursts)
        return figures

    def send(self, its: Process, name: str, number: int) -> float:
        seconds: float = its.ask("threads", name=name, many=self.many, shared=self.shared, number=number)
        return seconds

    def number(self, its: Process, name: str) -> int:
        """Return how often each thread has to send for a burst."""
        number = 100
        while (took := self.send(its, name, number) * number * self.many) < BURST / 2:
            number = max(2 * number, int(number * BURST / took))
        return number


FREE_THREADED = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
CELLS = [
    Threads(many=many, shared=shared, gil=gil)
    for gil in ((True, False) if FREE_THREADED else (True,))
    for many, shared in ((1, False), (2, False), (2, True))
]


def test_threads(turn: Turn) -> None:
    turn()

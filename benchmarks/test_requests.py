"""What receivers of the built-in signals cost in requests to a Flask and a Quart application.

blinker and each core of aldis serve the same application in processes of their own. No network is between: the
application is called as a server calls it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .cells import Cell, Turn
from .contestants import SILENT, Contestant
from .processes import process
from .receivers import count
from .turns import Effort, Figures

BURST = 0.003  # seconds: short, as the difference of large figures is looked for


@dataclass(frozen=True, kw_only=True)
class Request(Cell):
    """A request to an application whose built-in signals have so many receivers each, half of them for it alone."""

    framework: str
    receivers: int

    @property
    def title(self) -> str:
        return f"{self.framework.capitalize()}, {count(self.receivers, 'receivers')} on each signal"

    @property
    def unit(self) -> str:
        return "request"

    @property
    def info(self) -> dict[str, Any]:
        summary = f"{self.framework.capitalize()} request" if self.receivers == 5 else ""
        return {"framework": self.framework, "many": self.receivers, "summary": summary}

    def takes(self, contestant: Contestant) -> bool:
        return contestant.Signal is not None or contestant.name == SILENT

    def cost(self, contestants: int, effort: Effort) -> float:
        return contestants * (self.rounds(effort) * (BURST + 0.0015) + 0.4)

    def measure(self, contestants: list[Contestant], effort: Effort) -> dict[str, Figures]:
        figures = {contestant.name: Figures([]) for contestant in contestants}
        for name, its in figures.items():
            self.serve(name, 20)
            its.operations = max(1, int(BURST / self.serve(name, 20)))
            effort.tick()
        for _ in range(self.rounds(effort)):
            for name, its in figures.items():
                its.bursts.append(self.serve(name, its.operations))
                effort.tick()
        for its in figures.values():
            its.extra["requests_per_second"] = 1 / min(its.bursts)
        return figures

    def rounds(self, effort: Effort) -> int:
        return 4 * effort.rounds_of(BURST)

    def serve(self, name: str, number: int) -> float:
        asked = {"framework": self.framework, "receivers": self.receivers, "number": number}
        seconds: float = process(name, self.framework).ask("hooks", **asked)
        return seconds


CELLS = [Request(framework=framework, receivers=many) for framework in ("flask", "quart") for many in (0, 1, 5, 20)]


def test_requests(turn: Turn) -> None:
    turn()

"""What one sees while the suite runs: what is running, and how long is left."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

if TYPE_CHECKING:
    import pytest

    from .cells import Cell


def minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


class Watch:
    """A plugin of pytest that shows how far the run is.

    It draws between the bursts only: a thread that draws would disturb them.
    """

    def __init__(self, console: Console) -> None:
        columns = BarColumn(bar_width=24), TextColumn("{task.fields[left]:>10}"), TextColumn("{task.description}")
        self.bar = Progress(*columns, console=console, auto_refresh=False, transient=True)
        self.task = self.bar.add_task("collecting", total=None, left="")
        self.costs: dict[Cell, float] = {}
        self.tests: dict[Cell, int] = {}
        self.done: list[Cell] = []
        self.began = self.drawn = 0.0

    def pytest_configure(self, config: pytest.Config) -> None:
        from .conftest import tick

        config.stash[tick] = self.tick

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        from .conftest import cell_of, effort_of

        for item in session.items:
            cell = cell_of(item)
            self.tests[cell] = self.tests.get(cell, 0) + 1
        effort = effort_of(session.config)
        self.costs = {cell: cell.cost(contestants, effort) for cell, contestants in self.tests.items()}
        self.began = time.monotonic()
        self.bar.update(self.task, total=sum(self.costs.values()))

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        from .conftest import cell_of

        cell = cell_of(item)
        section = item.module.__name__.rpartition("test_")[2]  # type: ignore[attr-defined]
        self.bar.update(self.task, description=f"{section}: {cell.title}")
        self.tick()

    def pytest_runtest_teardown(self, item: pytest.Item) -> None:
        from .conftest import cell_of

        cell = cell_of(item)
        self.tests[cell] -= 1
        if not self.tests[cell]:
            self.done.append(cell)
            self.bar.update(self.task, completed=sum(self.costs[cell] for cell in self.done))

    def tick(self) -> None:
        now = time.monotonic()
        if now - self.drawn < 0.2:
            return
        self.drawn = now
        total = sum(self.costs.values())
        done = sum(self.costs[cell] for cell in self.done)
        # until something is done, what the cells are expected to cost is all there is to go by
        pace = (now - self.began) / done if done > 0.05 * total else 1.0
        self.bar.update(self.task, left=f"{minutes((total - done) * pace)} left")
        self.bar.refresh()


def console() -> Console:
    return Console(file=sys.__stdout__)

"""A run of the suite: pytest measures, the terminal shows how far it is, the report is written."""

from __future__ import annotations

import io
import shutil
import signal
import sys
import time
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from . import INSTALL_PEERS, USAGE
from .cases import PYPY
from .conftest import EFFORTS, Suite, suite_key
from .libraries import BLINKER, COMPILED, PURE, cores
from .report import headline, warnings, write
from .results import Results, read, times

OVERHEAD = 0.009  # seconds that a test takes besides measuring


class Watch:
    """A plugin of pytest that shows how far the run is and saves its results.

    It does so between tests, as it would disturb them.
    """

    suite: Suite | None = None

    def __init__(self, console: Console, path: Path, command: str) -> None:
        self.console, self.path, self.command = console, path, command
        self.every = 1.0 if console.is_terminal else 5.0  # seconds
        columns = BarColumn(bar_width=24), TextColumn("{task.description}", markup=False)
        self.bar = Progress(
            *columns, console=console, auto_refresh=False, transient=True, disable=not console.is_terminal
        )
        self.task = self.bar.add_task("collecting", total=None)
        self.expected: list[tuple[Any, float]] = []  # for each test, its case and library, and seconds
        self.took: dict[Any, float] = {}  # seconds of the last time, by case and library
        self.cases: dict[Any, int] = {}  # the case's number
        self.done = 0
        self.began = self.showed = self.started = 0.0

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.suite = session.config.stash[suite_key]
        for item in session.items:
            case, library, _ = parameters(item)
            seconds = case.weight * self.suite.effort.seconds + case.setup + OVERHEAD
            self.expected.append(((case, library), seconds))
            self.cases.setdefault(case, len(self.cases) + 1)
        for stopped in (signal.SIGINT, signal.SIGTERM):  # between two tests, so that the run leaves what it has
            signal.signal(stopped, lambda *_: setattr(session, "shouldstop", "stopped"))
        self.began = time.monotonic()

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        self.started = time.monotonic()
        if self.started - self.showed > self.every:
            self.showed = self.started
            self.show(item, self.started - self.began)
            self.save()

    def pytest_runtest_teardown(self, item: pytest.Item) -> None:
        case, library, repeat = parameters(item)
        if repeat:  # the first time takes longer
            self.took[case, library] = time.monotonic() - self.started
        self.done += 1

    def left(self, elapsed: float) -> float:
        """Return the seconds left: what each test took the last time, or what is expected at the pace so far."""
        pace = elapsed / sum(seconds for _, seconds in self.expected[: self.done]) if self.done > 20 else 1.0
        return sum(self.took.get(key, pace * seconds) for key, seconds in self.expected[self.done :])

    def show(self, item: pytest.Item, elapsed: float) -> None:
        (case, _, repeat), left = parameters(item), self.left(elapsed)
        said = f"{self.cases[case]} of {len(self.cases)}, repeat {repeat + 1} of {item.config.getoption('--repeats')},"
        said += f" {round(left) // 60}:{round(left) % 60:02} left: {case.title}"
        if self.console.is_terminal:
            self.bar.update(self.task, description=said, total=elapsed + left, completed=elapsed, refresh=True)
        else:
            self.console.print(said, markup=False, highlight=False, soft_wrap=True)

    def save(self) -> bool:
        """Write the results so far, and return whether there are any."""
        results = self.suite.recorder.results() if self.suite else None
        if results is None or not results.rows:
            return False
        tests = len(self.expected)
        results.run["command"] = self.command
        results.run["interrupted"] = f"{self.done:,} of {tests:,} measurements" if self.done < tests else ""
        results.write(self.path)
        return True


def parameters(item: pytest.Item) -> tuple[Any, Any, int]:
    """Return the case, the library and the number of the repeat."""
    its = item.callspec.params  # type: ignore[attr-defined]
    return its["case"], its["library"], its["repeat"]


def measure(output: Path, effort: str, peers: bool, expression: str, save: Path | None, command: str) -> int:
    """Run the suite, write the report to ``output``, print a summary, and return an exit status."""
    console, here = Console(file=sys.__stdout__), Path(__file__).parent
    if len(cores()) == 1:
        console.print(f"Without the compiled core: {'PyPy has none' if PYPY else 'ALDIS_PURE_PYTHON=1'}.")
    output.mkdir(parents=True, exist_ok=True)
    arguments = [
        str(here), f"--rootdir={here.parent}", f"--effort={effort}", f"--repeats={EFFORTS[effort].repeats}",
        "--override-ini=addopts=", "--capture=no", "-pno:cacheprovider", "--benchmark-quiet",
        *(["--peers"] if peers else []), *([f"-k({expression}) or control"] if expression else []),
    ]  # fmt: skip
    said, watch = io.StringIO(), Watch(console, output / "results.json", command)
    with watch.bar, redirect_stdout(said):
        status = pytest.ExitCode(pytest.main(arguments, plugins=[watch]))
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.INTERRUPTED):
        console.print(said.getvalue(), markup=False, highlight=False)
    if not watch.save():
        console.print(f"Nothing was measured{f' that matches -k {expression!r}' if expression else ''}.", markup=False)
        return 130 if status is pytest.ExitCode.INTERRUPTED else USAGE
    results = read(watch.path)
    console.print(summary(results))
    if save:
        save.mkdir(parents=True, exist_ok=True)
        saved = shutil.copy(watch.path, save / f"{results.python}.json")
        console.print(f"Saved {saved}.", highlight=False, soft_wrap=True)
    if left_out := results.run["left_out"]:
        console.print(
            f"Left out, as not installed: {', '.join(left_out)}. {INSTALL_PEERS}", markup=False, soft_wrap=True
        )
    page = write(results, output)
    for warning in warnings(results):
        console.print(warning, style="yellow", soft_wrap=True)
    console.print(f"{headline(results)}. Open {page.resolve()}", highlight=False, soft_wrap=True)
    return {pytest.ExitCode.OK: 0, pytest.ExitCode.INTERRUPTED: 130}.get(status, 1)


def summary(results: Results) -> Table:
    """Return the table of everyday cases."""
    columns = [name for name in (BLINKER, PURE, COMPILED) if name in results.libraries]
    title = "Time of one operation, and how many times as fast as blinker"
    table = Table(title=title, box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("", ratio=1)
    for name in columns:
        table.add_column(name.replace(" ", "\n"), justify="right", no_wrap=True, vertical="bottom")
    for row in (row for row in results.rows if row.everyday):
        ratios = ("" if name == BLINKER else f" [bold]{times(row.ratio(name)):>6}[/]" for name in columns)
        table.add_row(row.everyday, *(f"{row.shown(name)}{ratio}" for name, ratio in zip(columns, ratios)))
    return table

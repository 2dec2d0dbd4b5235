"""A run of the suite: pytest measures, rich shows how far it is, the report is written."""

from __future__ import annotations

import io
import os
import signal
import sys
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rich.box import SIMPLE_HEAD
from rich.table import Table

from . import INSTALL_PEERS, USAGE
from .contestants import BLINKER, COMPILED, LOOP, PURE, contestants, cores
from .progress import Watch, console
from .results import Results, geometric_mean, read, times

if TYPE_CHECKING:
    from collections.abc import Iterator

QUICK = ["--benchmark-max-time=0.03", "--benchmark-min-rounds=5"]
WHOLE = ["--benchmark-max-time=0.3", "--benchmark-min-rounds=20"]


@contextmanager
def stopping_on_termination() -> Iterator[None]:
    """Let a termination end the run as Ctrl-C does, so that it leaves what it has."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def measure(output: Path, quick: bool, peers: bool, expression: str) -> int:
    """Run the suite, write the report to ``output``, print a summary, and return an exit status.

    :raises Missing: when a contestant is not there.
    """
    contestants()  # before anything else is said
    shown = console()
    if len(cores()) == 1:
        why = "PyPy has none" if sys.implementation.name == "pypy" else "ALDIS_PURE_PYTHON=1"
        shown.print(f"Without the compiled core: {why}.")
    output.mkdir(parents=True, exist_ok=True)
    file = output / "results.json"
    new = file.with_suffix(".new")  # a run that comes to nothing leaves the last one as it is
    arguments = [
        str(Path(__file__).parent),
        f"--rootdir={Path(__file__).parent.parent}",
        f"--benchmark-json={new}",
        *(QUICK if quick else WHOLE),
        "--benchmark-quiet",
        "--override-ini=addopts=",
        "--capture=no",
        *(["-p", "no:cacheprovider"]),
        *(["--quick"] if quick else []),
        *(["--peers"] if peers else []),
        *(["-k", expression] if expression else []),
    ]
    said = io.StringIO()
    watch = Watch(shown)
    with stopping_on_termination(), watch.bar, redirect_stdout(said):
        status = int(pytest.main(arguments, plugins=[watch]))
    if status == pytest.ExitCode.NO_TESTS_COLLECTED:
        shown.print(f"Nothing matches -k {expression!r}.", markup=False)
        return USAGE
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.INTERRUPTED):
        shown.print(said.getvalue(), markup=False, highlight=False)
    if not new.exists():
        shown.print("Nothing was measured.")
        return 130 if status == pytest.ExitCode.INTERRUPTED else 1
    results = read(new.replace(file))
    if status == pytest.ExitCode.INTERRUPTED:
        results.interrupt(len(watch.done), len(watch.costs))
        shown.print(f"Interrupted: {len(watch.done)} of {len(watch.costs)} cells were measured.")
    shown.print(summary(results))
    if left_out := results.machine["left_out"]:
        shown.print(f"Left out, as not installed: {', '.join(left_out)}. {INSTALL_PEERS}", markup=False, soft_wrap=True)
    from .report import write

    for path in write(results, output):
        shown.print(os.path.relpath(path), highlight=False, soft_wrap=True)
    return {pytest.ExitCode.OK: 0, pytest.ExitCode.INTERRUPTED: 130}.get(pytest.ExitCode(status), 1)


def summary(results: Results) -> Table:
    """Return the table of what most will ask about."""
    columns = [name for name in (BLINKER, PURE, COMPILED, LOOP) if name in results.contestants]
    table = Table(
        title="What one operation costs, and how many times less than with blinker", box=SIMPLE_HEAD, pad_edge=False
    )
    table.add_column("", ratio=1)
    for name in columns:
        table.add_column(name.replace(" ", "\n"), justify="right", no_wrap=True, vertical="bottom")
    for row in results.rows:
        if row.info.get("summary"):
            table.add_row(
                row.info["summary"], *(f"{row.shown(name)}{ratio(row.ratio(name), name)}" for name in columns)
            )
    if sends := results.section("send"):
        table.add_section()
        means = []
        for name in columns:
            found = [value for row in sends if (value := row.ratio(name)) is not None]
            means.append(ratio(geometric_mean(found), name) if found else "")
        table.add_row("send, mean", *means)
    return table


def ratio(value: float | None, name: str) -> str:
    return "" if value is None or name == BLINKER else f" [bold]{times(value):>6}[/]"

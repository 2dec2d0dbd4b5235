"""The cases of whole programs: requests to Flask and Quart, imports, and the memory that connections take."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from typing import Any

from .applications import Flask, Quart
from .cases import PYPY, Case, Operation
from .libraries import BLINKER, CORES, NOTHING, PURE, Library
from .workloads import Sender, count, receivers


def takes(library: Library) -> bool:
    return library.name in (BLINKER, *CORES, NOTHING)


@cache
def application(kind: type[Flask], library: Library) -> Flask:
    return kind(library)


def request(kind: type[Flask], many: int) -> Case:
    """A request with this number of receivers on each of the eight signals that it sends."""

    def prepare(library: Library) -> Operation:
        its: Flask = application(kind, library)  # type: ignore[arg-type]
        its.connect(many)
        return Operation(run=its.serve, round_time=0.004)

    name = kind.__name__
    return Case(
        section="requests", title=f"{name}, {count(many, 'receivers')} on each signal", prepare=prepare, takes=takes,
        weight=6, info={"framework": name, "many": many}, quick=many in (0, 5),
        everyday="A Flask request with 5 receivers on each signal" if kind is Flask and many == 5 else "",
    )  # fmt: skip


def importing(library: Library) -> Operation:
    """Start Python and import the library. The report takes off what Python needs to start with nothing to import."""
    module = "" if library.name == NOTHING else "import blinker" if library.name == BLINKER else "import aldis"
    environment = {**os.environ, "ALDIS_PURE_PYTHON": str(int(library.name == PURE))}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)

    def run(number: int) -> None:
        for _ in range(number):
            subprocess.run([sys.executable, "-c", module], env=environment, check=True)

    run(1)  # compiles, where that was not done before
    return Operation(run=run, round_time=0.02)


IMPORT = Case(
    section="import", title="import", prepare=importing, takes=takes, weight=10, setup=0.1, info={"less": NOTHING},
)  # fmt: skip


def in_use(work: Callable[[], Any]) -> float:
    """Return the bytes that Python's allocators hand out for what ``work`` returns."""
    import tracemalloc  # which PyPy lacks

    work()  # whatever is made once is there already
    gc.collect()
    tracemalloc.start()
    try:
        kept = work()
        gc.collect()
        return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
        kept.receivers.clear()


def memory(title: str, bytes_of: Callable[[Library], float], **options: Any) -> Case:
    return Case(section="memory", title=title, prepare=bytes_of, setup=0.3, weight=0,
                takes=lambda library: library.name in (BLINKER, *CORES) and not PYPY, **options)  # fmt: skip


def connections(many: int) -> Case:
    def bytes_of(library: Library) -> float:
        its, senders = receivers(many), [Sender() for _ in range(many)]
        return in_use(lambda: library.connected(its, senders, True)) / many

    return memory(f"a connection, one of {many:,}", bytes_of, quick=True)


def forgotten(how: str, many: int) -> Case:
    def bytes_of(library: Library) -> float:
        kept = receivers(1)[0]

        def work() -> Any:
            signal = library.module.Signal()
            for index in range(many):
                sender: object = f"session {index}" if how == "disconnected from a name" else Sender()
                receiver = receivers(1)[0] if how == "receiver and sender died" else kept
                signal.connect(receiver, sender)
                if how.startswith("disconnected"):
                    signal.disconnect(receiver, sender)
            return signal

        return in_use(work)

    return memory(f"left of {many:,} connections, {how}", bytes_of, info={"forgotten": how})


def memory_cases() -> list[Case]:
    ways = ("disconnected", "disconnected from a name", "sender died", "receiver and sender died")
    return [connections(10_000), *(forgotten(how, 2_000) for how in ways)]


def program_cases() -> list[Case]:
    return [*(request(kind, many) for kind in (Flask, Quart) for many in (0, 1, 5, 20)), IMPORT]

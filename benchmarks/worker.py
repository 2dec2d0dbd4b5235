"""What a contestant does in a process of its own: ``python -m benchmarks.worker CONTESTANT``.

Each line of standard input asks for a task and its arguments; each line of standard output is an answer.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from functools import cache
from typing import Any

from .contestants import BLINKER, COMPILED, PURE, SILENT, Contestant, contestants
from .receivers import Log, Sender, make

CONTESTANT = ""


@cache
def contestant(name: str) -> Contestant:
    return next(contestant for contestant in contestants() if contestant.name == name)


def memory(many: int) -> dict[str, Any]:
    """Tell what connections cost, each of a function to a sender of its own."""
    import tracemalloc  # not on PyPy

    receivers, senders = make("functions", many), [Sender() for _ in range(many)]
    connected = contestant(CONTESTANT).connected
    seconds = []
    for _ in range(3):
        gc.collect()
        began = time.perf_counter()
        signal = connected(receivers, senders, True)
        seconds.append((time.perf_counter() - began) / many)
        signal.receivers.clear()
        del signal
    gc.collect()
    tracemalloc.start()
    signal = connected(receivers, senders, True)
    gc.collect()
    taken = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert len(signal.receivers) == many
    signal.receivers.clear()
    return {"seconds": seconds, "bytes": taken / many}


def growth(many: int, how: str) -> dict[str, Any]:
    """Tell what is left of connections that were made and forgotten."""
    import tracemalloc

    signal = contestant(CONTESTANT).Signal()
    kept = make("functions", 1)[0]

    def come_and_go(times: int) -> None:
        for index in range(times):
            sender: object = f"session {index}" if how == "disconnected from a name" else Sender()
            receiver = make("functions", 1)[0] if how == "receiver and sender died" else kept
            signal.connect(receiver, sender)
            if how.startswith("disconnected"):
                signal.disconnect(receiver, sender)

    came = min(many, 20_000)
    began = time.perf_counter()
    come_and_go(came)
    seconds = (time.perf_counter() - began) / came
    gc.collect()
    tracemalloc.start()
    come_and_go(many)
    gc.collect()
    taken = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return {"seconds": [seconds], "bytes": taken}


@cache
def targets(name: str, shared: bool) -> list[dict[str, Any]]:
    """Return what each of two threads sends through, once it is proven that their sends call every receiver once."""

    def connected(log: Log | None) -> list[dict[str, Any]]:
        made: list[dict[str, Any]] = []
        for _ in range(2):
            receivers = make("functions", 3, log)
            target = contestant(name).connected(receivers, [None] * 3, True)
            made.append({"target": target, "sender": Sender(), "receivers": receivers})
        return [made[0], made[0]] if shared else made

    log: Log = []
    send_from(connected(log), 100)
    called = [index for index, _ in log]
    assert sorted(called) == sorted([0, 1, 2] * 200), f"{name} does not call every receiver once"
    return connected(None)


def threads(name: str, many: int, shared: bool, number: int) -> float:
    """Send from many threads, so many times each; return seconds per send."""
    return send_from(targets(name, shared)[:many], number)


def send_from(targets: list[dict[str, Any]], number: int) -> float:
    """Send through each of the targets in a thread of its own, so many times; return seconds per send."""
    many = len(targets)
    barrier = threading.Barrier(many)
    began, ended = [0.0] * many, [0.0] * many

    def send(index: int, target: Any, sender: Any, receivers: Any) -> None:
        barrier.wait()
        began[index] = time.perf_counter()
        for _ in range(number):
            target.send(sender)
        ended[index] = time.perf_counter()

    started = [threading.Thread(target=send, args=(index,), kwargs=its) for index, its in enumerate(targets)]
    gc.collect()
    gc.disable()
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()
    gc.enable()
    return (max(ended) - min(began)) / (many * number)


def gil() -> bool:
    """Tell whether there is a GIL."""
    return bool(getattr(sys, "_is_gil_enabled", lambda: True)())


def hooks(framework: str, receivers: int, number: int) -> float:
    """Serve so many requests with so many receivers on each built-in signal; return seconds per request."""
    application = _application(framework)
    application.connect(receivers)
    application.serve(1)  # wakes up the processor, after waiting for the turn
    seconds: float = application.serve(number)
    return seconds


@cache
def _application(framework: str) -> Any:
    from . import applications

    return {"flask": applications.FlaskHooks, "quart": applications.QuartHooks}[framework]()


def _prepare(name: str) -> None:
    """Put the contestant where Flask and Quart find it."""
    if name in (PURE, COMPILED):
        import aldis

        assert aldis.accelerated is (name == COMPILED)
        aldis.install_as_blinker()
    elif name == SILENT:
        import blinker

        async def send_async(*_: Any, **__: Any) -> list[Any]:
            return []

        blinker.Signal.send = lambda *_, **__: []  # type: ignore[method-assign]
        blinker.Signal.send_async = send_async  # type: ignore[method-assign]
    else:
        assert name == BLINKER


TASKS: dict[str, Callable[..., Any]] = {
    "memory": memory,
    "growth": growth,
    "threads": threads,
    "gil": gil,
    "hooks": hooks,
}


def main() -> None:
    global CONTESTANT
    CONTESTANT = sys.argv[1]
    if hasattr(signal, "SIGINT"):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the run itself is interrupted, and stops this process
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    prepared = False
    for line in sys.stdin:
        question = json.loads(line)
        task = question.pop("task")
        if task == "hooks" and not prepared:
            _prepare(CONTESTANT)
            prepared = True
        print(json.dumps(TASKS[task](**question)), file=answers, flush=True)


if __name__ == "__main__":
    main()

"""What a case is, and the cases of dispatch: ``send``, ``send_async``, ``emit``, ``send_all``, threads.

Two more modules have cases: ``operations`` (everything else that a signal can do), ``programs`` (whole programs).
"""

from __future__ import annotations

import itertools
import re
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from .libraries import LIKE_BLINKER, LOOP, NOTHING, Library
from .workloads import Log, Sender, count, receivers

PYPY = sys.implementation.name == "pypy"
WRAPPERS = {  # neither framework ever sends without it
    "": "",
    "Flask": ", _async_wrapper=wrapper",
    "Quart": ", _sync_wrapper=wrapper",
}
REPEATED = """
{define} repeated():
    for _ in repeat(None, {number}):
        {statement}
"""


@dataclass
class Operation:
    """A statement to measure, or a function ``run`` that repeats what is measured.

    :param names: the statement's global names.
    :param each: how many operations the statement carries out.
    :param before: runs before each round, unmeasured. Then a round is a single statement.
    :param round_time: seconds that a round should take.
    :param rounds: the most rounds that are possible.
    :param signals: signals to empty at the end: blinker takes minutes when thousands of receivers die.
    """

    statement: str = ""
    names: dict[str, Any] = field(default_factory=dict)
    run: Callable[[int], object] | None = None
    each: int = 1
    before: Callable[[], object] | None = None
    round_time: float = 0.001
    rounds: int = sys.maxsize
    signals: Sequence[Any] = ()

    def repeated(self, number: int) -> Callable[[], object]:
        """Return a function that carries the operation out ``number`` times."""
        if self.run is not None:
            run = self.run
            return lambda: run(number)
        is_async = self.statement.startswith("await")
        names = {**self.names, "repeat": itertools.repeat}
        define = "async def" if is_async else "def"
        exec(REPEATED.format(define=define, number=number, statement=self.statement), names)
        repeated: Callable[[], Any] = names["repeated"]
        return (lambda: finish(repeated())) if is_async else repeated


def finish(coroutine: Any) -> None:
    """Run a coroutine that never waits, without an event loop."""
    try:
        coroutine.send(None)
    except StopIteration:
        return
    raise AssertionError("the coroutine waits")


@dataclass(frozen=True, eq=False, kw_only=True)
class Case:
    """A row of the report: one thing to do, with each library that can do it.

    :param prepare: sets up everything and returns the operation to measure, or in the section "memory" bytes.
    :param calls: the receivers that one operation calls. Then ``prepare`` can connect receivers that keep a log.
    :param quick: quick runs have this case too.
    :param weight: multiple of the usual time that the case is measured for.
    :param setup: seconds that ``prepare`` takes, for the estimate of the time left.
    :param everyday: the label in the report's first chart and in the terminal's table.
    """

    section: str
    title: str
    prepare: Callable[..., Any]
    takes: Callable[[Library], bool] = lambda library: library.name in LIKE_BLINKER
    calls: list[int] | None = None
    quick: bool = False
    weight: float = 1.0
    setup: float = 0.0
    info: dict[str, Any] = field(default_factory=dict)
    everyday: str = ""

    @property
    def id(self) -> str:
        return re.sub(r"\W+", "-", f"{self.section}-{self.title}").strip("-")

    def check(self, library: Library) -> None:
        """Prove that the library calls the right receivers, each once, with the right sender."""
        log: Log = []
        operation = self.prepare(library, log)
        operation.repeated(1)()
        assert sorted(index for index, _ in log) == self.calls, f"{library.name} does not call every receiver once"
        assert all(sender is operation.names["sender"] for _, sender in log)


CONTROL = Case(
    section="control", title="empty loop", prepare=lambda library: Operation("pass"), quick=True,
    takes=lambda library: library.name == NOTHING,
)  # fmt: skip


def send(
    many: int = 10, kind: str = "functions", keywords: int = 0, *, what: str = "", framework: str = "", to: str = "any",
    weak: bool = True, muted: bool = False, replaced: bool = False, fresh: bool = False, method: str = "send",
    quick: bool = False, everyday: str = "",
) -> Case:  # fmt: skip
    """A send to ``many`` connections.

    :param what: what the title says in place of the number and kind of the receivers.
    :param to: what the receivers are connected to: any sender, the one that sends, another one, or each to its own.
    :param fresh: each send has another of a thousand senders, so that the processor's caches don't hold it.
    """
    section = {"send": "send", "send_async": "async"}.get(method, "new")
    title = f"{method} (or send, where there is none): " if section == "new" else ""
    title += what or count(many, kind)
    title += f", {count(keywords, 'keywords')}" if keywords else ""
    title += f", as {framework} sends" if framework else ""

    def takes(library: Library) -> bool:
        if library.package:  # a peer
            usual = weak and kind in ("functions", "methods") and not framework and section != "async"
            return usual and not muted and not replaced and (library.filters or to == "any")
        return library.name in LIKE_BLINKER or (library.name == LOOP and not muted and not replaced)

    def prepare(library: Library, log: Log | None = None) -> Operation:
        sender = Sender()
        senders: list[Sender | None] = [Sender() for _ in range(many)]
        if to in ("any", "sender"):
            senders = [None if to == "any" else sender] * many
        if to == "each":
            senders[many // 2] = sender
        its = receivers(many, "positional" if library.positional and keywords else kind, log)
        target = library.connected(its, senders, weak)
        if muted:
            target.is_muted = True
        if replaced:
            target.receivers_for = target.receivers_for
        found = section == "async" or (library.module and hasattr(target, method))
        call = library.sending(keywords, WRAPPERS[framework], method if found else "send")
        call = f"await {call}" if section == "async" else call
        names = {"target": target, "sender": sender, "wrapper": receivers, "kept": (its, senders)}
        signals = [target] if library.module else []
        if not fresh or log is not None:
            return Operation(call, names, signals=signals)
        names["some"] = Random(0).sample(senders, 1000)
        return Operation(f"for sender in some: {call}", names, each=1000, signals=signals)

    everyone = list(range(many))
    plain = section == "send" and kind == "functions" and not what and not framework
    return Case(
        section=section, title=title, prepare=prepare, takes=takes, quick=quick, setup=many * 1e-5, everyday=everyday,
        calls=[] if muted or to == "other" else [many // 2] if to == "each" else everyone,
        info={"many": many, "keywords": keywords, "plain": plain},
    )  # fmt: skip


def in_threads(many: int, shared: bool, title: str) -> Case:
    """Sends to three functions, from ``many`` threads at once, each through its own signal or all through one."""

    def prepare(library: Library, log: Log | None = None) -> Operation:
        its, sender = [receivers(3, log=log) for _ in range(many)], Sender()
        targets = [library.connected(some, [None] * 3, True) for some in its]

        def send(target: Any, number: int, barrier: threading.Barrier) -> None:
            barrier.wait()
            for _ in range(number):
                target.send(sender)

        def run(number: int) -> None:
            barrier, used = threading.Barrier(many), targets[:1] * many if shared else targets
            threads = [threading.Thread(target=send, args=(target, number, barrier)) for target in used]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

        return Operation(run=run, names={"sender": sender, "kept": its}, each=many, round_time=0.01)

    return Case(
        section="threads", title=title, prepare=prepare, calls=sorted([0, 1, 2] * many), weight=4,
        takes=lambda library: library.name in (*LIKE_BLINKER, LOOP),
    )  # fmt: skip


def dispatch_cases() -> list[Case]:
    everyday = {(1, 0): "Send to 1 receiver", (10, 2): "Send 2 keywords to 10 receivers"}
    numbers = 0, 1, 3, 10, 100, 1000
    return [
        *(send(many, keywords=keywords, quick=many <= 10, everyday=everyday.get((many, keywords), ""))
          for keywords in (0, 2) for many in numbers),
        send(1000, what="1 of 1,000 senders", to="each", quick=True, everyday="Send to 1 of 1,000 senders"),
        send(0, framework="Flask", quick=True, everyday="Send to nobody, as Flask does in each request"),
        *(send(many, framework="Flask") for many in (1, 5)),
        *(send(many, keywords=1, framework="Flask") for many in (0, 1, 5)),
        *(send(many, keywords=8) for many in (1, 10)),
        *(send(10, kind) for kind in ("methods", "instances", "partials")),
        send(1, "methods"),
        send(10, "methods", 2),
        send(what="10 functions held strongly", weak=False),
        send(kind="methods", what="10 methods held strongly", weak=False),
        send(what="10 functions connected to the sender", to="sender"),
        send(what="10 functions connected to another sender", to="other"),
        send(1000, what="1 of 1,000 senders, each time another", to="each", fresh=True),
        send(1000, what="unknown sender beside 1,000 others", to="other"),
        send(what="10 functions, muted", muted=True),
        send(what="10 functions, receivers_for replaced", replaced=True),
        *(send(many, method=method) for method in ("emit", "send_all") for many in (1, 10, 100)),
        *(send(many, "coroutines", method="send_async", quick=many == 10) for many in (0, 1, 10, 100)),
        send(10, "coroutines", 2, method="send_async", quick=True),
        *(send(many, "coroutines", method="send_async", framework="Quart") for many in (0, 1, 5)),
        in_threads(1, False, "1 thread"),
        in_threads(2, False, "2 threads, a signal each"),
        in_threads(2, True, "2 threads, a shared signal"),
    ]  # fmt: skip

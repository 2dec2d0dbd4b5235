"""What a case is, and the cases of dispatch: ``send``, ``send_async``, ``emit``, ``send_all``, threads.

Two more modules have cases: ``operations`` (everything else that a signal can do), ``programs`` (whole programs).
"""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from .libraries import BLINKER, CORES, LOOP, NOTHING, Library
from .workloads import Log, Sender, count, receivers

PYPY = sys.implementation.name == "pypy"
AS_FLASK, AS_QUART = ", _async_wrapper=wrapper", ", _sync_wrapper=wrapper"  # neither ever sends without it


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
    is_async: bool = False
    each: int = 1
    before: Callable[[], object] | None = None
    round_time: float = 0.001
    rounds: int = sys.maxsize
    signals: Sequence[Any] = ()


@dataclass(frozen=True, eq=False, kw_only=True)
class Case:
    """A row of the report: one thing to do, with each library that can do it.

    :param prepare: sets up everything and returns the operation to measure, or in the section "memory" bytes.
    :param check: raises AssertionError unless the library does the work.
    :param quick: quick runs have this case too.
    :param weight: multiple of the usual time that the case is measured for.
    :param setup: seconds that ``prepare`` takes, for the estimate of the time left.
    :param everyday: the label in the report's first chart and in the terminal's table.
    """

    section: str
    title: str
    prepare: Callable[[Library], Any]
    takes: Callable[[Library], bool] = lambda library: library.name in (BLINKER, *CORES)
    check: Callable[[Library], None] | None = None
    quick: bool = False
    weight: float = 1.0
    setup: float = 0.0
    info: dict[str, Any] = field(default_factory=dict)
    everyday: str = ""

    @property
    def id(self) -> str:
        return re.sub(r"\W+", "-", f"{self.section}-{self.title}").strip("-")


CONTROL = Case(
    section="control", title="empty loop", prepare=lambda library: Operation("pass"), quick=True,
    takes=lambda library: library.name == NOTHING,
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Send:
    """A send to ``many`` connections.

    :param to: what the receivers are connected to: any sender, the one that sends, another one, or each to its own.
    :param fresh: each send has another of a thousand senders, so that the processor's caches don't hold it.
    """

    kind: str = "functions"
    many: int = 10
    keywords: int = 0
    weak: bool = True
    to: str = "any"
    flask: bool = False
    muted: bool = False
    replaced: bool = False
    fresh: bool = False
    method: str = "send"

    @property
    def title(self) -> str:
        to = {"sender": " connected to the sender", "other": " connected to another sender"}.get(self.to, "")
        title = count(self.many, self.kind) + ("" if self.weak else " held strongly") + to
        if self.to == "each":
            title = f"1 of {count(self.many, 'senders')}" + (", each time another" if self.fresh else "")
        elif self.to == "unknown":
            title = f"unknown sender beside {count(self.many, 'others')}"
        title += f", {count(self.keywords, 'keywords')}" if self.keywords else ""
        title += ", muted" if self.muted else ", receivers_for replaced" if self.replaced else ""
        title += ", as Flask sends" if self.flask else ""
        return title if self.method == "send" else f"{self.method} (or send, where there is none): {title}"

    @property
    def called(self) -> list[int]:
        """The receivers that a send has to call."""
        if self.muted or self.to in ("other", "unknown"):
            return []
        return [self.many // 2] if self.to == "each" else list(range(self.many))

    def takes(self, library: Library) -> bool:
        if library.name == NOTHING:
            return False
        if library.module:
            return True
        if self.muted or self.replaced or (self.to != "any" and not library.filters):
            return False
        if library.package:
            return self.weak and not self.flask and self.kind in ("functions", "methods") and self.many <= 1000
        return True

    def operation(self, library: Library, log: Log | None = None) -> Operation:
        sender = Sender(log)
        senders: list[Any] = [{"any": None, "sender": sender}.get(self.to) or Sender() for _ in range(self.many)]
        if self.to == "any":
            senders = [None] * self.many
        if self.to == "each":
            senders[self.many // 2] = sender
        kind = "positional" if library.positional and self.keywords else self.kind
        its = receivers(self.many, kind, log)
        target = library.connected(its, senders, self.weak)
        if self.muted:
            target.is_muted = True
        if self.replaced:
            target.receivers_for = target.receivers_for
        method = self.method if library.module and hasattr(target, self.method) else "send"
        call = library.sending(self.keywords, AS_FLASK if self.flask else "", method)
        names = {"target": target, "sender": sender, "wrapper": receivers, "kept": (its, senders)}
        signals = [target] if library.module else []
        if not self.fresh or log is not None:
            return Operation(call, names, signals=signals)
        names["some"] = Random(0).sample(senders, 1000)
        return Operation(f"for sender in some: {call}", names, each=1000, signals=signals)

    def check(self, library: Library) -> None:
        log: Log = []
        operation = self.operation(library, log)
        exec(operation.statement, operation.names)
        expected = [(index, operation.names["sender"]) for index in self.called]
        assert sorted(log, key=lambda entry: entry[0]) == expected, f"{library.name} does not call every receiver once"

    def case(self, quick: bool = False, everyday: str = "") -> Case:
        plain = self.kind == "functions" and self.weak and self.to == "any" and self.method == "send"
        plain = plain and not (self.flask or self.muted or self.replaced)
        section = "send" if self.method == "send" else "new"
        return Case(
            section=section, title=self.title, prepare=self.operation, takes=self.takes, check=self.check,
            quick=quick, setup=self.many * 1e-5, everyday=everyday,
            info={"many": self.many, "keywords": self.keywords, "plain": plain,
                  "nobody": self.flask and not self.many and not self.keywords},
        )  # fmt: skip


def run(coroutine: Any) -> None:
    """Run a coroutine that never waits, without an event loop."""
    try:
        coroutine.send(None)
    except StopIteration:
        return
    raise AssertionError("the coroutine waits")


def send_async(many: int, keywords: int = 0, quart: bool = False) -> Case:
    def operation(library: Library, log: Log | None = None) -> Operation:
        its = receivers(many, "coroutines", log)
        target = library.connected(its, [None] * many, True)
        call = library.sending(keywords, AS_QUART if quart else "", "send_async")
        names = {"target": target, "sender": Sender(), "wrapper": receivers, "kept": its}
        return Operation(f"await {call}", names, is_async=True)

    def check(library: Library) -> None:
        log: Log = []
        it = operation(library, log)
        exec(f"async def once():\n  {it.statement}", it.names)
        run(it.names["once"]())
        expected = [(index, it.names["sender"]) for index in range(many)]
        assert sorted(log, key=lambda entry: entry[0]) == expected, f"{library.name} does not await every receiver once"

    title = count(many, "coroutines") + (f", {count(keywords, 'keywords')}" if keywords else "")
    return Case(
        section="async", title=title + (", as Quart sends" if quart else ""), prepare=operation, check=check,
        takes=lambda library: library.name in (BLINKER, *CORES, LOOP),
        quick=many == 10,
    )  # fmt: skip


def in_threads(many: int, shared: bool, title: str) -> Case:
    """Sends to three functions, from ``many`` threads at once, each through its own signal or all through one."""

    def targets(library: Library, log: Log | None) -> list[tuple[Any, Any]]:
        made = []
        for _ in range(many):
            its = receivers(3, log=log)
            made.append((library.connected(its, [None] * 3, True), its))
        return [made[0]] * many if shared else made

    def send_from(targets: list[tuple[Any, Any]], number: int) -> None:
        barrier, sender = threading.Barrier(many), Sender()

        def send(target: Any) -> None:
            barrier.wait()
            for _ in range(number):
                target.send(sender)

        started = [threading.Thread(target=send, args=(target,)) for target, _ in targets]
        for thread in started:
            thread.start()
        for thread in started:
            thread.join()

    def prepare(library: Library) -> Operation:
        made = targets(library, None)
        return Operation(run=lambda number: send_from(made, number), each=many, round_time=0.01)

    def check(library: Library) -> None:
        log: Log = []
        send_from(targets(library, log), 100)
        found = sorted(index for index, _ in log)
        assert found == sorted([0, 1, 2] * 100 * many), f"{library.name} does not call every receiver once"

    return Case(
        section="threads", title=title, prepare=prepare, check=check, weight=4,
        takes=lambda library: library.name in (BLINKER, *CORES, LOOP),
    )  # fmt: skip


def sends() -> list[Case]:
    everyday = {(1, 0): "Send to 1 receiver", (10, 2): "Send 2 keywords to 10 receivers"}
    found = []
    for keywords in (0, 2):
        for many in (0, 1, 3, 10, 100, 1000):
            found.append(Send(many=many, keywords=keywords).case(many <= 10, everyday.get((many, keywords), "")))
    kinds = ["methods", "instances", "partials", *([] if PYPY else ["builtins"])]  # PyPy's have no weak references
    variants = [
        *(Send(many=many, keywords=8) for many in (1, 10)),
        *(Send(kind=kind) for kind in kinds),
        *(Send(kind="methods", many=many, keywords=keywords) for many, keywords in ((1, 0), (10, 2))),
        Send(weak=False),
        Send(kind="methods", weak=False),
        Send(to="sender"),
        Send(to="other"),
        Send(many=1, to="each"),
        Send(many=1000, to="each", keywords=2),
        Send(many=1000, to="each", fresh=True),
        Send(many=1000, to="unknown"),
        Send(muted=True),
        Send(replaced=True),
        *(Send(many=many, keywords=1, flask=True) for many in (0, 1, 5)),
        *(Send(many=many, flask=True) for many in (1, 5)),
    ]
    return [
        *found,
        Send(many=1000, to="each").case(True, "Send to 1 of 1,000 senders"),
        Send(many=0, flask=True).case(True, "Send to nobody, as Flask does in each request"),
        *(variant.case() for variant in variants),
    ]


def new_methods(Signal: Any) -> list[Case]:
    """Return the cases of methods that blinker lacks, those of them that this aldis has."""
    names = [name for name in ("emit", "send_all") if hasattr(Signal, name)]
    return [Send(many=many, method=name).case() for name in names for many in (1, 10, 100)]


def dispatch_cases(Signal: Any) -> list[Case]:
    return [
        *sends(),
        *new_methods(Signal),
        *(send_async(many) for many in (0, 1, 10, 100)),
        send_async(10, keywords=2),
        *(send_async(many, quart=True) for many in (0, 1, 5)),
        in_threads(1, False, "1 thread"),
        in_threads(2, False, "2 threads, a signal each"),
        in_threads(2, True, "2 threads, a shared signal"),
    ]

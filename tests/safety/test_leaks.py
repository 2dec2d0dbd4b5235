"""Nothing stays of a connection that has ended, however it ended: no table entry, no reference, no memory."""

from __future__ import annotations

import gc
import inspect
import os
import sys
import weakref
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any

import pytest
from support import workloads
from support.helpers import GIL, Thing, assert_untouched, by_receivers_for, by_send, by_send_async, function, tables
from support.workloads import CYCLE, WORKLOADS, Workloads

from aldis import ANY
from aldis.signals import ANY_ID, make_id

CPYTHON = sys.implementation.name == "cpython"
COUNTED = CPYTHON and GIL  # references are counted exactly, so that objects die at once
REPETITIONS = int(os.environ.get("ALDIS_MEMORY_TURNS", 1_000_000))


class Case:
    """A signal, and a receiver and a sender that the test can drop."""

    def __init__(self, signals: ModuleType, make_receiver: Callable[[], Any], make_sender: Callable[[], Any]) -> None:
        self.signal = signals.Signal()
        self.receiver = make_receiver()
        self.sender = make_sender()

    def use(self) -> None:
        for dispatch in (by_send, by_send_async, by_receivers_for):
            assert dispatch(self.signal, self.sender) == [self.receiver]
        assert self.signal.has_receivers_for(self.sender)
        assert self.signal.receivers
        assert self.signal._by_sender and self.signal._by_receiver

    def end_while_sending(self) -> None:
        def first(sender: Any) -> None:
            self.signal.disconnect(self.receiver, self.sender)
            self.signal.disconnect(first)

        self.signal.connect(first)
        by_send(self.signal, self.sender)

    def kill_receiver(self) -> None:
        self.receiver = None

    def kill_sender(self) -> None:
        self.sender = None


RECEIVERS: dict[str, Callable[[], Any]] = {"function": function, "method": lambda: Thing().method}
SENDERS: dict[str, Callable[[], Any]] = {
    "ANY": lambda: ANY,
    "None": lambda: None,
    "zero": lambda: 0,
    "string": lambda: "sender",
    "instance": Thing,
    "method": lambda: Thing().method,
    "list": lambda: [1],
}
MORTAL = ("instance", "method")
ENDS: dict[str, Callable[[Case], Any]] = {
    "disconnect": lambda case: case.signal.disconnect(case.receiver),
    "disconnect from the sender": lambda case: case.signal.disconnect(case.receiver, case.sender),
    "_disconnect": lambda case: case.signal._disconnect(make_id(case.receiver), ANY_ID),
    "_clear_state": lambda case: case.signal._clear_state(),
    "while sending": Case.end_while_sending,
    "receiver dies": Case.kill_receiver,
    "sender dies": Case.kill_sender,
}


@pytest.mark.parametrize(
    ("receiver", "sender", "end", "weak"),
    [
        (receiver, sender, end, weak)
        for receiver, weak in (("function", True), ("method", True), ("method", False))
        for sender in SENDERS
        for end in ENDS
        if (end != "sender dies" or sender in MORTAL) and (end != "receiver dies" or weak)
        if weak or sender in (*MORTAL, "ANY")
    ],
)
def test_ended_connection_leaves_no_trace(
    signals: ModuleType, collect: Callable[[], None], receiver: str, sender: str, end: str, weak: bool
) -> None:
    case = Case(signals, RECEIVERS[receiver], SENDERS[sender])
    case.signal.connect(case.receiver, case.sender, weak)
    case.use()
    mortal = [getattr(obj, "__self__", obj) for obj in (case.receiver, case.sender)]
    alive = [weakref.ref(obj) for obj in mortal if isinstance(obj, (Thing, FunctionType))]
    mortal.clear()
    ENDS[end](case)
    if not COUNTED:
        collect()
    assert_untouched(case.signal, case.sender)
    case.receiver = case.sender = None
    if not COUNTED:
        collect()
    assert [reference() for reference in alive] == [None] * len(alive), "not released at once"


@pytest.mark.parametrize("connected", [False, True])
def test_unknown_senders_leave_no_trace(signals: ModuleType, connected: bool) -> None:
    signal, receiver = signals.Signal(), function()
    if connected:
        signal.connect(receiver, "sender")
    before = tables(signal)
    for sender in [Thing() for _ in range(50)] + list(range(50)) + [str(number) for number in range(50)]:
        for ask in (by_send, by_send_async, by_receivers_for, signals.Signal.has_receivers_for):
            assert not ask(signal, sender)
        signal.disconnect(receiver, sender)
        signal.disconnect(function(), sender)
    assert tables(signal) == before


@pytest.mark.skipif(not COUNTED, reason="references are not counted exactly here")
@pytest.mark.parametrize("sender", SENDERS)
def test_strong_receiver_is_released_after_sends(signals: ModuleType, sender: str) -> None:
    """The receiver has no weak references, so that snapshots hold it."""

    class Receiver:
        __slots__ = ("canary",)
        canary: Any

        def __call__(self, sender: Any) -> None: ...

    signal, receiver, stays, by = signals.Signal(), Receiver(), function(), SENDERS[sender]()
    receiver.canary = canary = Thing()
    alive = weakref.ref(canary)
    for connected in (receiver, stays):
        signal.connect(connected, by, weak=False)
    for _ in range(2):
        signal.send(by)
    signal.disconnect(receiver, by)
    del receiver, canary, connected
    assert alive() is None


# Every use of a signal, repeated


every_workload = pytest.mark.parametrize("workload", WORKLOADS)


def test_workloads_use_every_public_name(signals: ModuleType) -> None:
    source = inspect.getsource(workloads)
    public = [name for name in dir(signals.Signal) if name[0] != "_" and name not in ("ANY", "set_class")]
    assert [name for name in public if f".{name}" not in source] == []


def growth(signals: ModuleType, workload: str, times: int, used: Callable[[], int]) -> int:
    """Return how much ``used`` grows while a workload is repeated, in the better of two rounds: caches grow once."""
    fixtures = Workloads(signals)
    before = fixtures.tables()
    # CPython keeps names of attributes in this cache.
    clear: Callable[[], None] = getattr(sys, "_clear_internal_caches", None) or sys._clear_type_cache
    counts = []
    for repetitions in (CYCLE, times, times):
        fixtures.repeat(workload, repetitions)
        gc.collect()
        clear()
        counts.append(used())
    assert fixtures.tables() == before
    return min(counts[1] - counts[0], counts[2] - counts[1])


@pytest.mark.skipif(not CPYTHON, reason="tracemalloc is CPython's")
@every_workload
def test_workload_leaks_no_memory(signals: ModuleType, workload: str) -> None:
    import tracemalloc

    tracemalloc.start()
    try:
        assert growth(signals, workload, CYCLE, lambda: tracemalloc.get_traced_memory()[0]) < 4 * CYCLE, "bytes"
    finally:
        tracemalloc.stop()


@pytest.mark.long
@pytest.mark.skipif(not CPYTHON, reason="blocks are CPython's")
@every_workload
def test_workload_leaks_no_memory_in_a_million_repetitions(signals: ModuleType, workload: str) -> None:
    assert growth(signals, workload, REPETITIONS // 2, sys.getallocatedblocks) < 100, "blocks"


@pytest.mark.skipif(not hasattr(sys, "gettotalrefcount"), reason="only a debug build counts all references")
@every_workload
def test_workload_leaks_no_reference(signals: ModuleType, workload: str) -> None:
    total: Callable[[], int] = sys.gettotalrefcount  # type: ignore[attr-defined, unused-ignore]
    assert abs(growth(signals, workload, 2 * CYCLE, total)) < 10, "references"

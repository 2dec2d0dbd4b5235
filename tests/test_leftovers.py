"""Nothing stays of a connection that has ended, however it ended."""

from __future__ import annotations

import gc
import sys
import weakref
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any

import pytest
from dispatch import GIL, Thing, assert_untouched, by_receivers_for, by_send, by_send_async, function, tables

from aldis import ANY
from aldis._identity import ANY_ID, make_id

counts_references = pytest.mark.skipif(
    sys.implementation.name != "cpython" or not GIL,
    reason="references are not counted exactly here",
)


class Case:
    """A signal, and a receiver and a sender that can be let go."""

    def __init__(self, signals: ModuleType, make_receiver: Callable[[], Any], make_sender: Callable[[], Any]) -> None:
        self.signal = signals.Signal()
        self.receiver = make_receiver()
        self.sender = make_sender()

    def connect(self, weak: bool) -> None:
        self.signal.connect(self.receiver, self.sender, weak)

    def use(self) -> None:
        for ask in (by_send, by_send_async, by_receivers_for):
            assert ask(self.signal, self.sender) == [self.receiver]
        assert self.signal.has_receivers_for(self.sender)
        assert self.signal.receivers
        assert self.signal._by_sender and self.signal._by_receiver


def refuse(case: Case, weak: bool) -> None:
    def raises(observed: Any, **kwargs: Any) -> None:
        raise LookupError("refused")

    case.signal.receiver_connected.connect(raises)
    with pytest.raises(LookupError, match="refused"):
        case.connect(weak)


def kill_receiver(case: Case) -> None:
    case.receiver = None


def kill_sender(case: Case) -> None:
    case.sender = None


def end_while_sending(case: Case) -> None:
    def first(sender: Any) -> None:
        case.signal.disconnect(case.receiver, case.sender)
        case.signal.disconnect(first)

    case.signal.connect(first)
    by_send(case.signal, case.sender)


def end_while_generating(case: Case) -> None:
    found = case.signal.receivers_for(case.sender)
    next(found)
    case.signal.disconnect(case.receiver)
    found.close()


def end_by_restored_receivers(case: Case) -> None:
    saved = dict(case.signal.receivers)
    case.signal.receivers = {}
    case.signal.disconnect(case.receiver)
    case.signal.receivers = saved
    case.signal.disconnect(case.receiver)


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
    "disconnect twice": lambda case: [case.signal.disconnect(case.receiver, case.sender) for _ in range(2)],
    "_disconnect": lambda case: case.signal._disconnect(make_id(case.receiver), ANY_ID),
    "_clear_state": lambda case: case.signal._clear_state(),
    "while sending": end_while_sending,
    "while generating": end_while_generating,
    "with receivers replaced meanwhile": end_by_restored_receivers,
    "receivers cleared and disconnected": lambda case: (
        case.signal.receivers.clear(),
        case.signal.disconnect(case.receiver),
    ),
    "receiver dies": kill_receiver,
    "sender dies": kill_sender,
}

every_receiver = pytest.mark.parametrize("make_receiver", RECEIVERS.values(), ids=RECEIVERS)
every_sender = pytest.mark.parametrize("make_sender", SENDERS.values(), ids=SENDERS)


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
def test_all_is_as_if_it_had_never_been(
    signals: ModuleType, collect: Callable[[], None], receiver: str, sender: str, end: str, weak: bool
) -> None:
    case = Case(signals, RECEIVERS[receiver], SENDERS[sender])
    case.connect(weak)
    case.use()
    mortal = [getattr(obj, "__self__", obj) for obj in (case.receiver, case.sender)]
    alive = [weakref.ref(obj) for obj in mortal if isinstance(obj, (Thing, FunctionType))]
    mortal.clear()
    ENDS[end](case)
    if end.endswith("dies"):
        collect()
    assert_untouched(case.signal, case.sender)
    case.receiver = case.sender = None
    collect()
    assert [reference() for reference in alive] == [None] * len(alive)


@every_receiver
@every_sender
@pytest.mark.parametrize("weak", [True, False], ids=["weak", "strong"])
@pytest.mark.parametrize("how", ["connected_to", "refused"])
def test_connections_that_end_by_themselves(
    signals: ModuleType,
    make_receiver: Callable[[], Any],
    make_sender: Callable[[], Any],
    how: str,
    weak: bool,
) -> None:
    case = Case(signals, make_receiver, make_sender)
    if how == "refused":
        refuse(case, weak)
    else:
        with case.signal.connected_to(case.receiver, case.sender):
            case.use()
    assert_untouched(case.signal, case.sender)


@pytest.mark.parametrize("last", ["disconnect", "receiver", "sender"])
def test_one_of_many_ends(signals: ModuleType, collect: Callable[[], None], last: str) -> None:
    signal, receivers, senders = signals.Signal(), [function() for _ in range(4)], [Thing() for _ in range(4)]
    for receiver in receivers:
        for sender in senders:
            signal.connect(receiver, sender)
    del receiver, sender
    while receivers and senders:
        if last == "disconnect":
            signal.disconnect(receivers.pop())
        else:
            (receivers if last == "receiver" else senders).pop()
        collect()
        mine, theirs = {make_id(r) for r in receivers}, {make_id(s) for s in senders}
        assert set(signal.receivers) == (mine if theirs else set())
        assert signal._by_receiver == (dict.fromkeys(mine, theirs) if theirs else {})
        assert signal._by_sender == (dict.fromkeys(theirs, mine) if mine else {})
        assert set(signal._weak_senders) == (theirs if mine else set())
    assert_untouched(signal, *senders)


def test_asking_and_sending_leave_nothing(signals: ModuleType) -> None:
    signal, receiver = signals.Signal(), function()
    for connected in (False, True):
        if connected:
            signal.connect(receiver, "sender")
        before = tables(signal)
        for sender in [Thing() for _ in range(50)] + list(range(50)) + [str(number) for number in range(50)]:
            for ask in (by_send, by_send_async, by_receivers_for, signals.Signal.has_receivers_for):
                assert not ask(signal, sender)
            signal.disconnect(receiver, sender)
            signal.disconnect(function(), sender)
        assert tables(signal) == before


# What the tables do not tell


@counts_references
@every_receiver
@every_sender
@pytest.mark.parametrize("weak", [True, False], ids=["weak", "strong"])
def test_references_are_given_back(
    signals: ModuleType, make_receiver: Callable[[], Any], make_sender: Callable[[], Any], weak: bool
) -> None:
    case = Case(signals, make_receiver, make_sender)

    def count() -> list[int]:
        gc.collect()
        held = (case.signal, case.receiver, getattr(case.receiver, "__self__", None), case.sender)
        return [sys.getrefcount(obj) for obj in held if obj is not None and obj != 0]

    def live() -> None:
        for end in ("disconnect", "disconnect from the sender", "_clear_state"):
            case.connect(weak)
            by_send(case.signal, case.sender)
            ENDS[end](case)

    live()
    before = count()
    for _ in range(3):
        live()
    assert [after - was for was, after in zip(before, count())] == [0] * len(before)


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="tracemalloc is CPython's")
@pytest.mark.parametrize("end", ["disconnect", "disconnect from the sender", "receiver dies", "sender dies"])
def test_memory_is_given_back(signals: ModuleType, collect: Callable[[], None], end: str) -> None:
    import tracemalloc

    signal = signals.Signal()

    def live(times: int) -> None:
        for _ in range(times):
            receiver, sender = function(), Thing()
            signal.connect(receiver, sender)
            signal.send(sender)
            if end == "disconnect":
                signal.disconnect(receiver)
            elif end == "disconnect from the sender":
                signal.disconnect(receiver, sender)
            elif end == "receiver dies":
                del receiver
            else:
                del sender

    live(100)
    collect()
    tracemalloc.start()
    try:
        live(100)
        collect()
        before = tracemalloc.get_traced_memory()[0]
        live(1000)
        collect()
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert grown < 10_000, "10 bytes a connection"
    assert_untouched(signal)


@every_receiver
def test_a_saved_dictionary_keeps_no_receiver_alive(
    signals: ModuleType, collect: Callable[[], None], make_receiver: Callable[[], Any]
) -> None:
    signal, receivers = signals.Signal(), [make_receiver()]
    alive = weakref.ref(getattr(receivers[0], "__self__", receivers[0]))
    signal.connect(receivers[0])
    saved = dict(signal.receivers)
    signal.connect(receivers[0], "sender", weak=False)
    for ask in (by_send, by_send_async, by_receivers_for):
        assert ask(signal, "sender") == receivers
    signal.disconnect(receivers.pop())
    collect()
    assert alive() is None
    assert [reference() for reference in saved.values()] == [None]
    assert_untouched(signal, "sender")


def test_a_signal_goes_with_its_connections(signals: ModuleType, collect: Callable[[], None]) -> None:
    held: list[Any] = [signals.Signal(), Thing(), Thing(), [1]]
    signal, thing, sender, kept = held
    signal.connect(thing.method, sender, weak=False)
    signal.connect(signal.send, kept, weak=False)
    signal.connect(function(), signal, weak=False)
    signal.receiver_connected.connect(signal.disconnect, weak=False)
    by_send(signal, sender)
    generator = signal.receivers_for(sender)
    next(generator)
    alive = [weakref.ref(obj) for obj in held[:3]]
    del signal, thing, sender, kept, generator
    held.clear()
    collect()
    assert [reference() for reference in alive] == [None] * 3


def test_the_end_of_the_interpreter_is_silent(run: Callable[..., Any], core: str) -> None:
    script = """if True:
        import aldis
        class Thing:
            def method(self, sender): return 1
            def __del__(self): ready.send(None); ready.connect(print); ready.disconnect(print)
        ready, things = aldis.signal("ready"), [Thing() for _ in range(9)]
        for thing in things:
            ready.connect(thing.method, thing)
            ready.connect(lambda sender: thing, [thing], weak=False)
            ready.send(thing)
        itself = ready.itself = aldis.Signal()
        itself.connect(ready.send, itself, weak=False)
        generator = ready.receivers_for(things[0]); next(generator)
        print("done")
    """
    done = run("-X", "dev", "-c", script)
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", ""), core

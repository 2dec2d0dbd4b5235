"""Each allocation of each operation fails once. It raises ``MemoryError`` or succeeds, and other connections stay.

What the operation itself was to change may be done or not: a failed ``connect`` may have connected, for example.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from types import FunctionType, ModuleType
from typing import Any

import pytest
from support.cores import lock_is_taken
from support.helpers import GIL, Thing, assert_untouched, blocking, by_send, finish, function

from aldis import ANY

if sys.implementation.name != "cpython":
    pytest.skip("only CPython can let allocations fail", allow_module_level=True)
testcapi = pytest.importorskip("_testcapi", reason="only its test module can let allocations fail")
if not GIL:
    pytest.skip("free-threaded CPython itself crashes without memory", allow_module_level=True)


class Case:
    """A signal with connections that must stay, and a receiver and a sender that an operation may use."""

    def __init__(self, signals: ModuleType, size: int) -> None:
        self.signal = signals.Signal()
        self.senders: list[Any] = [ANY, Thing(), "sender", 2**70]
        self.stays = [(function(n), self.senders[n % 4]) for n in range(size)]
        self.things = [Thing()]
        self.sender = Thing()
        self.sending: Any = None
        for receiver, sender in self.stays:
            self.signal.connect(receiver, sender, weak=True)

    def connect(self, *arguments: Any) -> Any:
        return self.signal.connect(self.things[0].method, *arguments)

    def disconnect(self, *arguments: Any) -> None:
        self.signal.disconnect(self.things[0].method, *arguments)

    def check(self) -> None:
        """Each receiver that stays is called, in order."""
        for sender in self.senders:
            called = [receiver for receiver in by_send(self.signal, sender) if isinstance(receiver, FunctionType)]
            assert called == [receiver for receiver, to in self.stays if to in (ANY, sender)]
            assert self.signal.has_receivers_for(sender) >= bool(called and sender is not ANY)


def block(case: Case) -> None:
    with case.signal.connected_to(case.things[0].method, "sender"), case.signal.muted():
        case.signal.send("sender")


class Done:
    """An awaitable. It is no coroutine, because CPython 3.13 crashes when it has no memory for a new coroutine."""

    def __await__(self) -> Iterator[None]:
        return iter(())


DONE = Done()


def call(sender: Any) -> Done:
    return DONE


def wrapper(receiver: Any) -> Any:
    return call


def prepare_send_async(case: Case) -> None:
    case.sending = case.signal.send_async("sender", _sync_wrapper=wrapper)


def nothing(case: Case) -> None: ...


# What happens before memory runs out, and the operation
OPERATIONS: dict[str, tuple[Callable[[Case], Any], Callable[[Case], Any]]] = {
    "connect to ANY": (nothing, Case.connect),
    "connect to an object": (nothing, lambda case: case.connect(case.sender)),
    "connect to a value": (nothing, lambda case: case.connect("sender", False)),
    "connect again": (lambda case: case.connect("sender"), lambda case: case.connect("sender", False)),
    "connect a second sender": (lambda case: case.connect("sender"), lambda case: case.connect(case.sender)),
    "connected_to and muted": (nothing, block),
    "disconnect": (Case.connect, Case.disconnect),
    "disconnect one sender": (
        lambda case: [case.connect(*arguments) for arguments in (("sender", False), (case.sender,))],
        lambda case: case.disconnect("sender"),
    ),
    "receiver dies": (Case.connect, lambda case: case.things.clear()),
    "sender dies": (lambda case: case.connect(case.sender), lambda case: delattr(case, "sender")),
    "first send": (Case.connect, lambda case: case.signal.send("sender")),
    "send": (lambda case: case.signal.send("sender"), lambda case: case.signal.send("sender", keyword=1)),
    "send with a wrapper": (nothing, lambda case: case.signal.send("sender", keyword=1, _async_wrapper=blocking)),
    "send_async": (prepare_send_async, lambda case: finish(case.sending)),
    "receivers_for": (nothing, lambda case: list(case.signal.receivers_for("sender"))),
    "has_receivers_for": (nothing, lambda case: case.signal.has_receivers_for("sender")),
}


def fails(operation: Callable[[], Any], number: int) -> bool:
    """Let one allocation of an operation fail, and return whether the operation fails."""
    testcapi.set_nomemory(number, number + 1)
    try:
        operation()
    except (MemoryError, SystemError):  # the interpreter of Python 3.14 sometimes raises SystemError instead
        return True
    finally:
        testcapi.remove_mem_hooks()
    return False


@pytest.mark.thread_unsafe(reason="allocations fail in the whole process")
@pytest.mark.untraced
@pytest.mark.parametrize("size", [0, 5, 20])
@pytest.mark.parametrize("name", OPERATIONS)
def test_one_allocation_fails(signals: ModuleType, monkeypatch: pytest.MonkeyPatch, name: str, size: int) -> None:
    monkeypatch.setattr(sys, "unraisablehook", lambda unraisable: None)
    before, operation = OPERATIONS[name]
    failures, last_failure = 0, 0
    for number in count():
        case = Case(signals, size)
        before(case)
        if fails(partial(operation, case), number):
            failures, last_failure = failures + 1, number
        elif number > last_failure + 40:  # past the last allocation
            break
        assert not lock_is_taken()
        case.signal.is_muted = False  # a block that could not be left may leave the signal muted
        case.check()
        for connect in (True, False):  # the signal stays usable
            for thing in (*case.things, extra := Thing()):
                (case.signal.connect if connect else case.signal.disconnect)(thing.method)
                assert (thing.method in by_send(case.signal)) == connect
        case.check()
        for receiver, sender in case.stays:
            case.signal.disconnect(receiver, sender)
        del extra, thing
        case.signal.send("sender")
        assert_untouched(case.signal, *case.senders)
    assert failures or size == 0 or name.endswith("dies") or name.startswith(("disconnect", "has_receivers_for"))

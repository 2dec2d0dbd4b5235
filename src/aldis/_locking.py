"""One lock for all signals.

The compiled core with the GIL does without it where it counts: for connections, deaths and sends.

A change that cannot have the lock at once waits in a queue: one that a finalizer or a signal handler makes while it
interrupts another change of the same thread, and the removal of a dead object while another thread holds the lock.
"""

from __future__ import annotations

import os
import sys
from _thread import RLock  # importing threading takes longer
from collections import deque

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._table import Table

GIL: bool = "free-threading" not in sys.version  # what the interpreter was built with

lock = RLock()
pending: deque[tuple[Table, str, tuple[Any, ...]]] = deque()  # tables, and the changes to make by name


def call(table: Table, change: str, *arguments: Any) -> Any:
    """Do without the lock what ``locked`` and ``locked_read`` do with it."""
    return getattr(table, change)(*arguments)


def locked(table: Table, change: str, *arguments: Any) -> Any:
    """Run a change, a method of the table, under the lock and return its result.

    If this call interrupts another change of the same thread, the change waits until that one is complete, and the
    result is None.
    """
    if lock._is_owned():  # type: ignore[attr-defined]
        if change == "_link":
            table._check_link(*arguments)  # what it would raise is for this caller
        pending.append((table, change, arguments))
        return None
    try:
        # When Python exits, it stops other threads for good. One of them may hold the lock.
        if not lock.acquire(False) and not sys.is_finalizing():
            lock.acquire()
        result = getattr(table, change)(*arguments)
    finally:
        # A signal handler may raise before the lock is taken. It cannot between here and the release: no call comes
        # before, and so this is not a function.
        try:
            lock.release()
        except RuntimeError:
            pass
    if pending:
        run_pending()
    return result


def locked_read(table: Table, read: str, *arguments: Any) -> Any:
    """Run what changes nothing under the lock. If it interrupts a change of this thread, it runs now."""
    if lock._is_owned():  # type: ignore[attr-defined]
        return getattr(table, read)(*arguments)
    return locked(table, read, *arguments)


def run_pending() -> None:
    """Run the changes that wait, unless another thread has the lock, or this one is in the middle of a change.

    Whoever releases the lock looks into the queue afterwards, and whoever adds to the queue tries the lock
    afterwards. So one of the two runs the change.
    """
    removed = []
    while pending and not lock._is_owned():  # type: ignore[attr-defined]
        try:
            if not lock.acquire(False) and not sys.is_finalizing():
                return
            while pending:
                table, change, arguments = pending[0]
                removed.append(getattr(table, change)(*arguments))
                pending.popleft()
        except (MemoryError, RecursionError):
            return  # the change stays in the queue
        except AttributeError:
            pending.popleft()  # the collector is freeing this table
        finally:
            try:
                lock.release()
            except RuntimeError:
                pass
        removed.clear()  # without the lock, as finalizers may run


def _after_fork() -> None:
    lock.release()
    run_pending()


if hasattr(os, "register_at_fork"):  # a child must find neither the lock taken nor a table half changed
    os.register_at_fork(before=lock.acquire, after_in_parent=_after_fork, after_in_child=_after_fork)

"""One lock for all signals, for the cores that need one: the pure core, and the compiled core without the GIL.

A change that cannot have the lock at once waits in a queue: one that a finalizer or a signal handler makes while it
interrupts another change of the same thread, and the removal of a dead object while another thread holds the lock.
"""

from __future__ import annotations

import atexit
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
_shutting_down = False
_draining = False  # True while a thread runs pending changes: nested calls leave their work to it


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
        if not lock.acquire(False) and not _shutting_down:
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
        try:
            run_pending()
        except RecursionError:
            pass  # who called has more room on the stack, and looks into the queue, too
    return result


def locked_read(table: Table, read: str, *arguments: Any) -> Any:
    """Run what changes nothing under the lock. If it interrupts a change of this thread, it runs now."""
    if lock._is_owned():  # type: ignore[attr-defined]
        return getattr(table, read)(*arguments)
    return locked(table, read, *arguments)


def run_pending() -> None:
    """Run the changes that wait, unless another call is about to.

    Whoever releases the lock looks into the queue afterwards, and whoever adds to the queue tries the lock
    afterwards. So one of the two runs the change.
    """
    global _draining
    while pending and (not _draining or _shutting_down) and not lock._is_owned():  # type: ignore[attr-defined]
        removed = []
        try:
            _draining = True
            try:
                if not lock.acquire(False) and not _shutting_down:
                    return
                while pending:
                    table, change, arguments = pending[0]
                    removed.append(getattr(table, change)(*arguments))
                    pending.popleft()
            finally:
                try:
                    lock.release()
                except RuntimeError:
                    pass
            removed.clear()  # without the lock, as finalizers may run
        except (MemoryError, RecursionError):
            return  # the change stays in the queue
        finally:
            _draining = False


def protect_forks() -> None:
    """Take the lock before each fork, so that the child never finds a table half changed or the lock taken."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=lock.acquire, after_in_parent=_after_fork, after_in_child=_after_fork)


def _after_fork() -> None:
    lock.release()
    run_pending()


@atexit.register
def _shut_down() -> None:
    # From now on a thread may be stopped for good while it holds the lock. A finalizer must not wait for it.
    global _shutting_down
    _shutting_down = True

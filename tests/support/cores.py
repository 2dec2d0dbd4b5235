"""Access to the lock that all signals share. Nothing else under ``tests`` looks inside a core."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from aldis._locking import lock, pending


def lock_is_taken() -> bool:
    """Return whether this thread holds the lock, which no operation may leave taken."""
    return bool(lock._is_owned())  # type: ignore[attr-defined]


def queue_a_change_of_a_freed_table() -> None:
    """Do what happens when a receiver dies while the collector frees the signal that kept it alive."""
    pending.append((object(), "_remove_dead", ()))  # type: ignore[arg-type]


@contextmanager
def lock_held_by_another_thread() -> Iterator[None]:
    taken, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with lock:
            taken.set()
            assert leave.wait(60)

    thread = threading.Thread(target=hold, daemon=True)
    thread.start()
    assert taken.wait(60)
    try:
        yield
    finally:
        leave.set()
        thread.join(60)

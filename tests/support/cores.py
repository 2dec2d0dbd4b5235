"""Access to both cores and to their lock. Nothing else under ``tests`` looks inside a core."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

try:
    from aldis._cores import signals_on  # type: ignore[import-not-found, unused-ignore]
except ImportError:
    from aldis._core import signals_on

__all__ = ["lock_held_by_another_thread", "lock_is_taken", "signals_on"]


def lock() -> Any:
    """Return the lock that all signals share, on the cores that use one."""
    for module, name in (("aldis._locking", "lock"), ("aldis._core_py", "_lock")):
        try:
            return getattr(importlib.import_module(module), name)
        except ImportError:
            continue
    raise AssertionError("the lock has another name")


def lock_is_taken() -> bool:
    """Return whether this thread holds the lock, which no operation may leave taken."""
    return bool(lock()._is_owned())


@contextmanager
def lock_held_by_another_thread() -> Iterator[None]:
    taken, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with lock():
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

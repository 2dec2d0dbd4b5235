"""Access to both cores. Nothing else under ``tests`` looks inside a core."""

from __future__ import annotations

import importlib

try:
    from aldis._cores import signals_on
except ImportError:
    from aldis._core import signals_on

__all__ = ["lock_is_taken", "signals_on"]


def lock_is_taken() -> bool:
    """Return whether this thread holds the lock of a core, which no operation may leave taken."""
    for name, lock in (("aldis._locking", "lock"), ("aldis._core_py", "_lock")):
        try:
            module = importlib.import_module(name)
        except ImportError:
            continue
        return bool(getattr(module, lock)._is_owned())
    raise AssertionError("the lock has another name")

"""Debug mode, which ``ALDIS_DEBUG=1`` or ``python -X dev`` turns on: it tells where connections were made."""

from __future__ import annotations

import os
import sys
from weakref import CallableProxyType, ProxyType

DEBUG: bool = (os.environ.get("ALDIS_DEBUG") or str(int(sys.flags.dev_mode))) != "0"


def where(receiver: object) -> tuple[str, int, str]:
    """Return file and line of the nearest frame outside aldis, and the receiver's name."""
    frame = sys._getframe(1)
    while frame.f_back and frame.f_globals.get("__name__", "").partition(".")[0] in ("aldis", "contextlib", "copy"):
        frame = frame.f_back
    return frame.f_code.co_filename, frame.f_lineno, repr(getattr(receiver, "__qualname__", receiver))


def check_proxies(receiver: object, sender: object) -> None:
    """Warn when the receiver or the sender stands for another object: identities will not match."""
    for role, obj in (("receiver", receiver), ("sender", sender)):
        if type(obj) in (ProxyType, CallableProxyType) or hasattr(type(obj), "_get_current_object"):
            import warnings

            kind = f"a proxy of type {type(obj).__name__!r}"
            message = f"The {role} is {kind}. aldis knows objects by identity. Connect the object behind the proxy."
            warnings.warn_explicit(message, RuntimeWarning, *where(None)[:2])


unheard: list[tuple[object, tuple[str, int, str]]] = []  # signals, and where receivers were connected that died


def warn_of_unheard() -> None:
    """Warn of the receivers that died unheard, at the lines that connected them. Call it without a lock."""
    while unheard and not sys.is_finalizing():
        import warnings

        signal, (file, line, name) = unheard.pop()
        message = (
            f"{name} was connected weakly to {signal!r} and died before any send reached it. Keep a reference to it,"
            " or connect it with weak=False."
        )
        warnings.warn_explicit(message, ResourceWarning, file, line)

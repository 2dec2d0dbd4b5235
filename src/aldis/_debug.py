"""Debug mode, which ``ALDIS_DEBUG=1`` or ``python -X dev`` turns on: it tells where connections were made."""

from __future__ import annotations

import os
import sys
from weakref import CallableProxyType, ProxyType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

_chosen = os.environ.get("ALDIS_DEBUG", "")
DEBUG: bool = _chosen != "0" if _chosen else sys.flags.dev_mode

_PASSED_OVER = ("aldis", "contextlib", "copy")


def _caller() -> FrameType | None:
    """Return the nearest frame outside aldis."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] in _PASSED_OVER:
        frame = frame.f_back
    return frame


def name_of(receiver: Any) -> str:
    return repr(getattr(receiver, "__qualname__", None) or receiver)


def where(receiver: Any) -> tuple[str, int, str]:
    """Return file, line and name of the receiver, for a connection that is being made."""
    frame = _caller()
    if frame is None:
        return "?", 0, name_of(receiver)
    return frame.f_code.co_filename, frame.f_lineno, name_of(receiver)


def check_proxies(receiver: Any, sender: Any) -> None:
    """Warn when the receiver or the sender stands for another object: identities will not match."""
    for role, obj in (("receiver", receiver), ("sender", sender)):
        if type(obj) in (ProxyType, CallableProxyType) or hasattr(type(obj), "_get_current_object"):
            _warn(
                f"The {role} is a proxy of type {type(obj).__name__!r}. aldis knows objects by identity, and a proxy is"
                " not the object that it stands for. Connect that object instead.",
                RuntimeWarning,
            )


def _warn(message: str, category: type[Warning], file: str = "", line: int = 0) -> None:
    import warnings

    if not file:
        frame = _caller()
        file, line = ("?", 0) if frame is None else (frame.f_code.co_filename, frame.f_lineno)
    warnings.warn_explicit(message, category, file, line)


_unheard: list[tuple[Any, tuple[str, int, str]]] = []  # signals, and where a receiver was connected that has died


def died_unheard(signal: Any, where: Any) -> None:
    """Note that a receiver died before a send reached it."""
    _unheard.append((signal, where))


def warn_of_unheard() -> None:
    """Warn of these receivers, at the lines that connected them. To be called without a lock."""
    while _unheard:
        signal, (file, line, name) = _unheard.pop()
        if not sys.is_finalizing():
            _warn(
                f"{name} was connected weakly to {signal!r} and died before any send reached it. Keep a reference to"
                " it, or connect it with weak=False.",
                ResourceWarning,
                file,
                line,
            )

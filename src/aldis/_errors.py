"""What the cores and the signals above them say when something is wrong."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def not_callable(receiver: Any) -> TypeError:
    return TypeError(f"Cannot connect {receiver!r}: a receiver must be callable.")


def cannot_be_weak(receiver: Any) -> TypeError:
    return TypeError(
        f"Cannot connect {receiver!r} weakly: objects of type {type(receiver).__name__!r} have no weak references."
        " Connect it with weak=False."
    )


def needs_async_wrapper(receiver: Any) -> RuntimeError:
    return RuntimeError(
        f"Cannot send to a coroutine function: {receiver!r}. Pass _async_wrapper, or await send_async() instead."
    )


def needs_sync_wrapper(receiver: Any) -> RuntimeError:
    return RuntimeError(
        f"Cannot send to a non-coroutine function: {receiver!r}. Pass _sync_wrapper, or call send() instead."
    )

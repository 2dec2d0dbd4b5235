"""The errors that signals raise."""

from __future__ import annotations

from functools import partial

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def not_callable(receiver: Any) -> TypeError:
    return TypeError(f"Cannot connect {receiver!r}: a receiver must be callable.")


def cannot_be_weak(receiver: Any) -> TypeError:
    return TypeError(
        f"Cannot connect {receiver!r} weakly: objects of type {type(receiver).__name__!r} do not support weak"
        " references. Connect it with weak=False."
    )


def not_a_dictionary(value: Any) -> TypeError:
    return TypeError(f"Signal.receivers must be a dictionary, not {value!r}.")


def needs_async_wrapper(receiver: Any) -> RuntimeError:
    return RuntimeError(
        f"Cannot send to a coroutine function: {receiver!r}. Pass _async_wrapper, or await send_async() instead."
    )


def needs_sync_wrapper(receiver: Any) -> RuntimeError:
    return RuntimeError(
        f"Cannot send to a non-coroutine function: {receiver!r}. Pass _sync_wrapper, or call send() instead."
    )


def as_receiver_error(error: Exception, receiver: Any) -> Exception:
    """Add a note that names the receiver, and let the traceback begin in the receiver."""
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_frame.f_globals.get("__package__") == __package__:
        traceback = traceback.tb_next
    function = receiver
    while isinstance(function, partial):
        function = function.func
    name = repr(getattr(function, "__qualname__", None) or function)
    code: Any = getattr(function, "__code__", None)
    if code is None:
        code = getattr(type(function).__call__, "__code__", None)
    known = hasattr(code, "co_filename")  # the code of PyPy's builtins has none
    at = f", {code.co_filename}:{code.co_firstlineno}" if known else ""
    error.add_note(f"raised by the receiver {name}{at}")
    return error.with_traceback(traceback)

"""The errors that signals raise."""

from __future__ import annotations

from functools import partial


def cannot_be_weak(receiver: object) -> TypeError:
    kind = f"objects of type {type(receiver).__name__!r}"
    return TypeError(f"Cannot connect {receiver!r} weakly: {kind} do not support weak references. Use weak=False.")


def needs_async_wrapper(receiver: object) -> RuntimeError:
    return RuntimeError(f"Cannot send to a coroutine function: {receiver!r}. Use _async_wrapper or send_async().")


def needs_sync_wrapper(receiver: object) -> RuntimeError:
    return RuntimeError(f"Cannot send to a non-coroutine function: {receiver!r}. Use _sync_wrapper or send().")


def as_receiver_error(error: Exception, receiver: object) -> Exception:
    """Add a note that names the receiver, and let the traceback begin in the receiver."""
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_frame.f_globals.get("__package__") == __package__:
        traceback = traceback.tb_next
    function = receiver.func if isinstance(receiver, partial) else receiver
    note = f"raised by the receiver {getattr(function, '__qualname__', function)!r}"
    code = getattr(function, "__code__", None) or getattr(type(function).__call__, "__code__", None)
    if code and hasattr(code, "co_filename"):  # the code of PyPy's builtins has none
        note += f", {code.co_filename}:{code.co_firstlineno}"
    error.add_note(note)
    return error.with_traceback(traceback)

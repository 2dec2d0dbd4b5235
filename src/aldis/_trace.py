"""Hooks around each call of a receiver."""

from __future__ import annotations

from contextlib import ExitStack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from typing import Any

    Hook = Callable[[Any, Callable[..., Any], Any, dict[str, Any]], AbstractContextManager[Any] | None]

hooks: list[list[Any]] = []  # each hook in a list of its own: the same hook may be used twice
switches: list[Callable[[bool], None]] = []  # one for each core: let sends call receivers directly, or not


def trace(hook: Hook) -> Callable[[], None]:
    """Ask ``hook`` before each call of a receiver, of any signal and in any thread.

    :param hook: called with the signal, the receiver, the sender and the dictionary of keyword arguments. It returns
        a context manager or None. The context manager is entered around the call, or around awaiting a coroutine.
    :returns: a function that removes the hook. Calling it again does no harm.
    :raises TypeError: when ``hook`` is not callable. A send raises it when ``hook`` returns something else.
    """
    if not callable(hook):
        raise TypeError(f"Cannot trace with {hook!r}: a hook must be callable.")
    entry = [hook]
    hooks.append(entry)
    _switch()

    def undo() -> None:
        hooks[:] = [other for other in hooks if other is not entry]
        _switch()

    return undo


def _switch() -> None:
    for switch in switches:
        switch(not hooks)


# send_all collects what a receiver raises, and lets propagate what a hook raises: so hooks are asked before the call.


def traced(
    signal: Any, receiver: Callable[..., Any], called: Callable[..., Any], sender: Any, kwargs: dict[str, Any]
) -> Callable[..., Any]:
    """Enter what the hooks return, and return a function that calls, and then leaves it."""
    entered = _entered(signal, receiver, sender, kwargs)

    def call(sender: Any, /, **kwargs: Any) -> Any:
        with entered:
            return called(sender, **kwargs)

    return call


def traced_async(
    signal: Any, receiver: Callable[..., Any], called: Callable[..., Any], sender: Any, kwargs: dict[str, Any]
) -> Callable[..., Any]:
    """Enter what the hooks return, and return a coroutine function that awaits, and then leaves it."""
    entered = _entered(signal, receiver, sender, kwargs)

    async def call(sender: Any, /, **kwargs: Any) -> Any:
        with entered:
            return await called(sender, **kwargs)

    return call


def _entered(signal: Any, receiver: Callable[..., Any], sender: Any, kwargs: dict[str, Any]) -> ExitStack:
    with ExitStack() as stack:
        for (hook,) in tuple(hooks):
            manager = hook(signal, receiver, sender, dict(kwargs))
            if manager is not None:
                if not (hasattr(type(manager), "__enter__") and hasattr(type(manager), "__exit__")):
                    raise TypeError(f"The hook {hook!r} returned {manager!r}: return a context manager or None.")
                stack.enter_context(manager)
        return stack.pop_all()

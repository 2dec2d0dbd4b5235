"""Hooks around each call of a receiver."""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Hook = Callable[[Any, Callable[..., Any], Any, dict[str, Any]], AbstractContextManager[Any] | None]

hooks: dict[object, Hook] = {}  # by a key of its own: the same hook may be used twice
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
    key = object()
    hooks[key] = hook
    for switch in switches:
        switch(False)

    def undo() -> None:
        hooks.pop(key, None)
        for switch in switches:
            switch(not hooks)

    return undo


def traced(
    signal: Any, receiver: Any, called: Callable[..., Any], sender: Any, kwargs: dict[str, Any], is_async: bool = False
) -> Callable[..., Any]:
    """Ask the hooks and enter what they return. Return a function that calls ``called`` and leaves it."""
    # Not in that function: send_all collects what a receiver raises, but not what a hook raises.
    with ExitStack() as stack:
        for hook in list(hooks.values()):
            manager = hook(signal, receiver, sender, dict(kwargs))
            if isinstance(manager, AbstractContextManager):
                stack.enter_context(manager)
            elif manager is not None:
                raise TypeError(f"The hook {hook!r} returned {manager!r}: return a context manager or None.")
        entered = stack.pop_all()

    def call(sender: Any, /, **kwargs: Any) -> Any:
        with entered:
            return called(sender, **kwargs)

    async def call_async(sender: Any, /, **kwargs: Any) -> Any:
        with entered:
            return await called(sender, **kwargs)

    return call_async if is_async else call

"""The public dictionary ``Signal.receivers``."""

from __future__ import annotations

from ._locking import locked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ._table import Table


def _observed(name: str) -> Callable[..., Any]:
    method = getattr(dict, name)

    def change(self: Receivers, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        finally:
            locked(self.table, "_note_edit")

    change.__name__ = name
    change.__qualname__ = f"Receivers.{name}"
    change.__doc__ = method.__doc__
    return change


class Receivers(dict):  # type: ignore[type-arg]
    """Receivers, or weak references to them, by identity, in order of first connection.

    Programs may change it to silence, replace or restore receivers. So each method that changes it informs the table.
    The table itself writes with the methods of ``dict``.
    """

    __slots__ = ("table",)
    table: Table

    __setitem__ = _observed("__setitem__")
    __delitem__ = _observed("__delitem__")
    __ior__ = _observed("__ior__")
    clear = _observed("clear")
    pop = _observed("pop")
    popitem = _observed("popitem")
    setdefault = _observed("setdefault")
    update = _observed("update")

    def __copy__(self) -> dict[Any, Any]:
        return dict(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[Any, Any]:
        return dict(self)

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return dict, (dict(self),)

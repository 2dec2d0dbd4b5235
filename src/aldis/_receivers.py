"""The public dictionary ``Signal.receivers``."""

from __future__ import annotations

from functools import wraps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ._snapshots import Snapshots


def _observed(method: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(method)
    def change(self: Receivers, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        finally:
            self.table._receivers_edited()

    return change


class Receivers(dict):  # type: ignore[type-arg]
    """Receivers, or weak references to them, by identity, in order of first connection.

    Programs may change it to silence, replace or restore receivers. So each method that changes it informs the table.
    The table itself writes with the methods of ``dict``.
    """

    __slots__ = ("table",)
    table: Snapshots

    __setitem__ = _observed(dict.__setitem__)
    __delitem__ = _observed(dict.__delitem__)
    __ior__ = _observed(dict.__ior__)
    clear = _observed(dict.clear)
    pop = _observed(dict.pop)
    popitem = _observed(dict.popitem)
    setdefault = _observed(dict.setdefault)
    update = _observed(dict.update)

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[Any, Any]:
        return dict(self)

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return dict, (dict(self),)  # so a copy is an ordinary dictionary

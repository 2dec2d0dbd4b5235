"""The dictionary that a signal shows as ``Signal.receivers``."""

from __future__ import annotations

from types import NoneType
from weakref import ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from ._core import Core


# Of these, no hash and no comparison runs code of the program, so the cores can change the dictionary in one go.
_PLAIN = (int, str, type, NoneType, float)


def _check(keys: Iterable[Any]) -> None:
    for key in keys:
        if any(type(part) not in _PLAIN for part in (key if type(key) is tuple else (key,))):
            raise TypeError(
                f"Cannot put {key!r} into receivers: its keys are numbers, strings or tuples of these, as make_id()"
                " gives them."
            )


def _announced(name: str) -> Callable[..., Any]:
    method = getattr(dict, name)

    def change(self: Receivers, *args: Any, **kwargs: Any) -> Any:
        if name in ("__setitem__", "setdefault"):
            _check(args[:1])
        elif name in ("update", "__ior__"):
            args, kwargs = (dict(*args, **kwargs),), {}
            _check(*args)
        try:
            return method(self, *args, **kwargs)
        finally:
            signal = self.signal()
            if signal is not None and signal._shown is self:
                signal._receivers_changed()

    change.__name__ = name
    change.__qualname__ = f"Receivers.{name}"
    change.__doc__ = method.__doc__
    return change


class Receivers(dict):  # type: ignore[type-arg]
    """Receivers by their identity, in order of first connection.

    Programs change it, or put another in its place, to silence, replace or restore receivers. So each method by which
    a dictionary can be changed tells the signal. The cores write through ``dict`` itself.
    """

    __slots__ = ("signal",)
    signal: ref[Core]

    __setitem__ = _announced("__setitem__")
    __delitem__ = _announced("__delitem__")
    __ior__ = _announced("__ior__")
    clear = _announced("clear")
    pop = _announced("pop")
    popitem = _announced("popitem")
    setdefault = _announced("setdefault")
    update = _announced("update")

    def __init__(self, signal: Core, receivers: dict[Any, Any] | tuple[()] = ()) -> None:
        _check(receivers)
        super().__init__(receivers)
        self.signal = ref(signal)

    def __copy__(self) -> dict[Any, Any]:
        return dict(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[Any, Any]:
        return dict(self)

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return dict, (dict(self),)

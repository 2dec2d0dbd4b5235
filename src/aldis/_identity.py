"""The symbol ``ANY``, identities, and coroutine functions. In blinker, much of it is in ``blinker._utilities``."""

from __future__ import annotations

from functools import partial
from inspect import CO_COROUTINE, iscoroutinefunction
from types import FunctionType, MethodType

from ._endpoints import make_id as make_id
from ._references import make_ref as make_ref

TYPE_CHECKING = False  # importing typing would slow down every program
if TYPE_CHECKING:
    from typing import Any, ClassVar


class Symbol:
    """A constant. The same name gives the same instance, also after pickling and copying.

    >>> Symbol("foo") is Symbol("foo")
    True
    >>> Symbol("foo")
    foo

    :param name: the symbol's name, which is also its ``repr``.
    """

    symbols: ClassVar[dict[str, Symbol]] = {}
    name: str

    def __new__(cls, name: str) -> Symbol:
        known = cls.symbols.get(name)
        if known is None:
            made = super().__new__(cls)
            made.name = name
            known = cls.symbols.setdefault(name, made)
        return known

    def __repr__(self) -> str:
        return self.name

    def __reduce__(self) -> tuple[type[Symbol], tuple[str]]:
        return Symbol, (self.name,)

    def __getnewargs__(self) -> tuple[str]:
        return (self.name,)


ANY = Symbol("ANY")
"""The sender that stands for every sender. See :meth:`aldis.Signal.connect`."""

ANY_ID = 0
"""The identity of :data:`ANY`. No object's ``id`` is 0."""

_PLAIN_CALLABLES = (FunctionType, MethodType)


def is_coroutine_receiver(receiver: Any) -> bool:
    """Return whether calling ``receiver`` gives a coroutine.

    Decides as ``inspect.iscoroutinefunction`` does. An instance whose class has ``async def __call__`` counts, too.
    """
    if type(receiver) is FunctionType and not hasattr(receiver, "_is_coroutine_marker"):  # by markcoroutinefunction
        return bool(receiver.__code__.co_flags & CO_COROUTINE)  # many times faster than to ask inspect
    if iscoroutinefunction(receiver):
        return True
    while isinstance(receiver, partial):
        receiver = receiver.func
    if isinstance(receiver, _PLAIN_CALLABLES):
        return False
    return iscoroutinefunction(getattr(type(receiver), "__call__", None))  # noqa: B004

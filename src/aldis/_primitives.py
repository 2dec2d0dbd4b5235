"""Operations that C has for itself. Compiled code takes them from ``_primitives_c.pxd``."""

from __future__ import annotations

from types import BuiltinMethodType, MethodType, MethodWrapperType
from weakref import ref

address = id
make_weakref = ref
get = dict.get
pop = dict.pop  # these do not call what a subclass of dict overrides
put = dict.__setitem__


def is_dead(reference: object) -> bool:
    """Return whether the object of a weak reference is dead."""
    return reference() is None  # type: ignore[operator]


_SPECIAL = (str, int, MethodType, BuiltinMethodType, MethodWrapperType)


def is_special(obj: object) -> bool:
    """Return whether the identity of an object may be something else than its address."""
    return issubclass(type(obj), _SPECIAL)  # not isinstance: it believes what a proxy or a mock says about its class

"""Operations that C has for itself. Compiled code takes them from ``_primitives_c.pxd``."""

from __future__ import annotations

from types import BuiltinMethodType

address = id
put = dict.__setitem__  # whatever a subclass of dict does
delete = dict.__delitem__


def is_dead(reference: object) -> bool:
    """Return whether the object of a weak reference is dead."""
    return reference() is None  # type: ignore[operator]


# Not isinstance: it believes what a proxy or a mock says about its class.


def is_str(obj: object) -> bool:
    return issubclass(type(obj), str)


def is_int(obj: object) -> bool:
    return issubclass(type(obj), int)


def is_builtin_method(obj: object) -> bool:
    return issubclass(type(obj), BuiltinMethodType)

"""Who is who: the symbol ``ANY``, identities of receivers and senders, weak references to them."""

from __future__ import annotations

from functools import partial
from inspect import iscoroutinefunction
from types import BuiltinMethodType, FunctionType, MethodType, MethodWrapperType, ModuleType
from weakref import ref

TYPE_CHECKING = False  # spares every program the import of typing
if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from typing import Any, ClassVar, TypeVar

    T = TypeVar("T")


class Symbol:
    """A constant symbol. The same name gives the same instance, also after pickling and copying.

    >>> Symbol("foo") is Symbol("foo")
    True
    >>> Symbol("foo")
    foo

    :param name: the symbol's name, which is also its ``repr``.

    .. versionadded:: 1.0
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
"""The sender that stands for every sender: see :meth:`aldis.Signal.connect`.

.. versionadded:: 1.0
"""

ANY_ID = 0
"""The identity of :data:`ANY`; no object's ``id`` is 0, and a number's identity is not a number.

.. versionadded:: 1.0
"""


def make_id(obj: Any) -> Hashable:
    """Return the identity by which a receiver or a sender is known.

    Strings and numbers of type ``int`` are known by value, bound methods by function and instance,
    all other objects by ``id``. Identities of different kinds are never equal.

    :param obj: any object.
    :returns: something hashable, as long as an ``obj`` that is known by value is hashable.

    .. versionadded:: 1.0
    """
    kind = type(obj)
    if issubclass(kind, (str, int)):
        return obj if issubclass(kind, str) else (int, obj)
    return make_receiver_id(obj)


def make_receiver_id(obj: Any) -> Hashable:
    """Return the identity by which a receiver is known: what ``make_id`` gives, but the ``id`` of a string or number.

    So no table of receivers ever asks a program for a hash, or whether two are equal.
    """
    kind = type(obj)
    if kind is FunctionType:
        return id(obj)
    if kind is MethodType:
        return id(obj.__func__), id(obj.__self__)
    if kind is BuiltinMethodType or kind is MethodWrapperType:
        # Equal hashes of one instance mean the same function: the hash is made of the two.
        return kind, hash(obj), id(obj.__self__)
    return id(obj)


def _call_with(whole: ref[MethodRef], callback: Callable[[Any], None], part: object) -> None:
    """Call back with the reference to a method, where it is its function that has died."""
    reference = whole()
    if reference is not None:
        callback(reference)


class MethodRef(ref):  # type: ignore[type-arg]
    """A weak reference to a bound method, dead as soon as its function or its instance is.

    Does what :class:`weakref.WeakMethod` does, at a quarter of the cost, and shows its parts.
    """

    __slots__ = ("__weakref__", "function")
    function: ref[Callable[..., Any]]

    def __new__(cls, method: MethodType, callback: Callable[[Any], None] | None = None) -> MethodRef:
        self = ref.__new__(cls, method.__self__, callback)
        self.function = ref(method.__func__, None if callback is None else partial(_call_with, ref(self), callback))
        return self

    def __init__(self, method: MethodType, callback: Callable[[Any], None] | None = None) -> None:
        super().__init__(method.__self__, callback)  # type: ignore[call-arg]

    def __call__(self) -> MethodType | None:
        instance = super().__call__()
        function = self.function()
        if instance is None or function is None:
            return None
        return MethodType(function, instance)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, MethodRef):
            return False
        mine, its = self(), other()
        return self is other if mine is None or its is None else mine == its

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = ref.__hash__


class BuiltinMethodRef(ref):  # type: ignore[type-arg]
    """A weak reference to a bound builtin, by way of its instance: Python makes the builtin anew at each look-up."""

    __slots__ = ("name",)
    name: str

    def __new__(cls, method: BuiltinMethodType, callback: Callable[[Any], None] | None = None) -> BuiltinMethodRef:
        self = ref.__new__(cls, method.__self__, callback)
        self.name = method.__name__
        return self

    def __init__(self, method: BuiltinMethodType, callback: Callable[[Any], None] | None = None) -> None:
        super().__init__(method.__self__, callback)  # type: ignore[call-arg]

    def __call__(self) -> Any:
        instance = super().__call__()
        return None if instance is None else getattr(instance, self.name)


def make_ref(obj: T, callback: Callable[[ref[T]], None] | None = None) -> ref[T]:
    """Return a weak reference to a receiver or a sender.

    :param obj: any object that can be weakly referenced; of a bound method, its function and its instance are.
    :param callback: called with a weak reference when ``obj`` dies.
    :returns: a weak reference; called, it gives something equal to ``obj``, or None when that is dead.
    :raises TypeError: when ``obj`` cannot be weakly referenced.

    .. versionadded:: 1.0
    """
    target: Any = obj
    if type(target) is MethodType:
        return MethodRef(target, callback)
    if type(target) is BuiltinMethodType and not isinstance(target.__self__, (ModuleType, type)):
        try:
            return BuiltinMethodRef(target, callback)
        except TypeError:
            pass  # of lists, for example, there are no weak references
    return ref(obj, callback)


def is_coroutine_receiver(receiver: Any) -> bool:
    """Tell whether calling ``receiver`` gives a coroutine: as ``inspect.iscoroutinefunction`` does, and also for
    an instance whose ``__call__`` is a coroutine function.
    """
    if iscoroutinefunction(receiver):
        return True
    kind = type(receiver)
    if kind is FunctionType or kind is MethodType:
        return False
    return iscoroutinefunction(getattr(kind, "__call__", None))  # noqa: B004  # what of an async one?

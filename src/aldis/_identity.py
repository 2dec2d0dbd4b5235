"""The symbol ``ANY``, weak references to receivers and senders, and coroutine functions."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from inspect import CO_COROUTINE, iscoroutinefunction
from types import BuiltinMethodType, FunctionType, MethodType, ModuleType
from weakref import ref

TYPE_CHECKING = False  # importing typing would slow down every program
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, ClassVar, TypeVar

    T = TypeVar("T")


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


class MethodRef(ref):  # type: ignore[type-arg]
    """A weak reference to a bound method. It dies when the function or the instance dies.

    It does what :class:`weakref.WeakMethod` does, at a quarter of the cost, and its parts can be read.
    """

    __slots__ = ("__weakref__", "function")
    function: ref[Callable[..., Any]]

    def instance(self) -> Any:
        return super().__call__()

    def __call__(self) -> MethodType | None:
        instance = super().__call__()
        function = self.function()
        return None if instance is None or function is None else MethodType(function, instance)

    __eq__ = object.__eq__
    __hash__ = object.__hash__


def _function_died(method_ref: ref[MethodRef], callback: Callable[[Any], None], function: object) -> None:
    reference = method_ref()
    if reference is not None:
        callback(reference)


class BuiltinMethodRef(ref):  # type: ignore[type-arg]
    """A weak reference to a bound builtin such as ``queue.put``. It dies when the instance dies."""

    __slots__ = ("function",)
    function: Any  # the method of the class, which binds to the instance

    def __call__(self) -> Any:
        instance = super().__call__()
        return None if instance is None else self.function.__get__(instance, type(instance))


def _unbound(method: Any) -> Any:
    """Return the method of a class that a bound builtin was made from, or None."""
    instance = method.__self__
    if not isinstance(instance, (ModuleType, type)):
        for base in type(instance).__mro__:
            function = vars(base).get(method.__name__)
            bind: Any = getattr(function, "__get__", None)
            if bind is not None and bind(instance, type(instance)) == method:
                return function
    return None


def make_ref(obj: T, callback: Callable[[ref[T]], None] | None = None) -> ref[T]:
    """Return a weak reference to a receiver or a sender.

    :param obj: any object that supports weak references, or a bound method of one.
    :param callback: called with the weak reference when ``obj`` dies.
    :returns: a weak reference. Calling it returns an object equal to ``obj``, or None if ``obj`` is dead.
    :raises TypeError: when ``obj`` does not support weak references.
    """
    target: Any = obj
    made: Any
    if type(target) is MethodType:
        made = MethodRef(target.__self__, callback)
        died = None if callback is None else partial(_function_died, ref(made), callback)
        made.function = ref(target.__func__, died)
        return made  # type: ignore[no-any-return]
    if isinstance(target, BuiltinMethodType):
        function = _unbound(target)
        if function is not None:
            with suppress(TypeError):  # the instance has no weak references, such as a list: the builtin itself has
                made = BuiltinMethodRef(target.__self__, callback)
                made.function = function
                return made  # type: ignore[no-any-return]
    return ref(obj, callback)


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


if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        if name == "make_id":  # blinker has it in this place, but _endpoints imports this module
            from ._endpoints import make_id

            return make_id
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

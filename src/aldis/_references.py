"""Weak references to receivers and senders."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from types import BuiltinMethodType, MethodType, ModuleType
from weakref import ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    T = TypeVar("T")


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

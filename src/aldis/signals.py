"""Signals, named signals and namespaces: all that is not hot, written once above both cores."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from copyreg import _slotnames  # type: ignore[attr-defined]
from types import MappingProxyType

from ._errors import needs_async_wrapper, needs_sync_wrapper, not_callable
from ._identity import ANY, ANY_ID, Symbol, is_coroutine_receiver, make_id, make_receiver_id, make_ref
from ._receivers import Receivers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator, Hashable, Iterator, Mapping
    from typing import Any, ClassVar, Protocol, TypeVar
    from weakref import ref

    from ._core import Core

    F = TypeVar("F", bound=Callable[..., Any])

    class _PNamespaceSignal(Protocol):
        def __call__(self, name: str, doc: str | None = None) -> NamedSignal: ...

else:
    _PNamespaceSignal = object
    if "Core" not in globals():  # aldis._core.signals_on has put another there
        from ._core import Core

__all__ = [
    "ANY",
    "ANY_ID",
    "NamedSignal",
    "Namespace",
    "Signal",
    "Symbol",
    "default_namespace",
    "make_id",
    "make_ref",
    "signal",
]


class _MadeOnFirstUse:
    """A signal about a signal. Stored in the instance, as a ``cached_property`` is, but made once among threads."""

    def __init__(self, doc: str, signal_doc: str) -> None:
        self.__doc__ = doc
        self.signal_doc = signal_doc

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    if TYPE_CHECKING:

        def __get__(self, instance: object, owner: type | None = None) -> Signal: ...

        def __set__(self, instance: object, value: Signal) -> None: ...

    else:

        def __get__(self, instance, owner=None):
            if instance is None:
                return self
            return instance.__dict__.setdefault(self.name, Signal(self.signal_doc))


class Signal(Core):
    """A signal: a set of connections between receivers and senders, through which messages are sent.

    :param doc: the docstring of this signal.

    .. versionadded:: 1.0
    """

    ANY = ANY
    """The symbol :data:`aldis.ANY`."""

    set_class: ClassVar[type[set[Any]]] = set
    """The type of set that decides the order in which receivers are called, where it is not ``set``.

    A signal keeps to the one that its class had when it was made.
    It needs ``add``, ``discard``, ``|``, ``copy``, iteration and truth. The receivers of ANY and those of the sender
    are added each to a set of their own, in order of connection, and the union of the two is called.

    .. versionadded:: 1.0
    """

    receiver_connected: _MadeOnFirstUse = _MadeOnFirstUse(
        """Sent at the end of each :meth:`connect`, by this signal, with ``receiver``, ``sender`` and ``weak``.

        .. versionadded:: 1.0
        """,
        "Sent after a receiver connects.",
    )

    receiver_disconnected: _MadeOnFirstUse = _MadeOnFirstUse(
        """Sent at the end of each :meth:`disconnect`, by this signal, with ``receiver`` and ``sender``.

        It is sent for explicit calls only, not when a receiver or a sender dies.

        .. versionadded:: 1.0
        """,
        "Sent after a receiver disconnects.",
    )

    def __init__(self, doc: str | None = None) -> None:
        if doc:
            self.__doc__ = doc

    @property
    def receivers(self) -> dict[Hashable, Callable[..., Any] | ref[Callable[..., Any]]]:
        """The connected receivers, or weak references to them, by identity and in order of first connection.

        What is taken out of this dictionary, put into it in another's place, or assigned as a whole, counts from the
        next :meth:`send` on. Connections are kept meanwhile: who puts back a receiver puts back its connections.

        .. versionadded:: 1.0
        """
        shown = self._shown
        if shown is None:
            raise AttributeError(f"{self!r} has no attribute 'receivers': it was deleted")
        return shown

    @receivers.setter
    def receivers(self, receivers: dict[Any, Any]) -> None:
        # A dictionary that this signal has shown before becomes what it was, for those who keep and restore it.
        ours = isinstance(receivers, Receivers) and receivers.signal() is self
        self._shown = receivers if ours else Receivers(self, receivers)  # type: ignore[assignment]
        self._receivers_changed()

    @receivers.deleter
    def receivers(self) -> None:
        self._shown = None
        self._receivers_changed()

    @property
    def is_muted(self) -> bool:
        """Whether the signal is muted. Assign ``True`` to mute it, ``False`` to unmute it whatever muted it.

        .. versionadded:: 1.0
        """
        if self._own("is_muted") is not None:
            raise AttributeError(f"{self!r} has no attribute 'is_muted': it was deleted")
        return bool(self._mutes)

    @is_muted.setter
    def is_muted(self, muted: bool) -> None:
        if self._own("is_muted") is not None:
            del self.__dict__["is_muted"]
        if muted:
            self._mutes.add(True)
        else:
            self._mutes.clear()

    @is_muted.deleter
    def is_muted(self) -> None:
        # As an attribute of the instance, for unittest.mock: it restores only what is really gone.
        self.__dict__["is_muted"] = "deleted"
        self._mutes.clear()

    # Connecting

    def connect(self, receiver: F, sender: Any = ANY, weak: bool = True) -> F:
        """Connect ``receiver``, to be called when the signal is sent by ``sender``.

        Connecting a pair again keeps its place in the order, and sets ``weak`` anew.

        :param receiver: a callable that takes the sender as a positional argument, and the keyword arguments of
            :meth:`send`.
        :param sender: any object, or :data:`ANY` for all senders. Strings and numbers of type ``int`` match by value,
            bound methods by function and instance, all other objects by identity. The connection ends when the
            sender dies; a sender without weak references is kept alive by it.
        :param weak: hold the receiver by a weak reference, and forget it when it dies. A function that is defined
            within another one, and not kept elsewhere, has to be connected with ``weak=False``.
        :returns: ``receiver``.
        :raises TypeError: when ``receiver`` is not callable, or cannot be weakly referenced while ``weak`` is true.
            Nothing is connected then. What a receiver of :attr:`receiver_connected` raises propagates, and the pair is
            what it was before.

        .. versionadded:: 1.0
        """
        if not callable(receiver):
            raise not_callable(receiver)
        before = self._connect(receiver, sender, weak)
        try:
            observer = self._own("receiver_connected")
            if observer is not None and observer.receivers:
                observer.send(self, receiver=receiver, sender=sender, weak=weak)
        except BaseException:
            self._restore(receiver, sender, before)
            raise
        return receiver

    def connect_via(self, sender: Any, weak: bool = False) -> Callable[[F], F]:
        """Return a decorator that connects a function to ``sender``.

        :param sender: as for :meth:`connect`.
        :param weak: as for :meth:`connect`, but false unless given.
        :returns: a decorator that returns the function itself.
        :raises TypeError: by the decorator, as :meth:`connect` does.

        .. versionadded:: 1.0
        """

        def decorator(fn: F) -> F:
            self.connect(fn, sender, weak)
            return fn

        return decorator

    @contextmanager
    def connected_to(self, receiver: Callable[..., Any], sender: Any = ANY) -> Generator[None, None, None]:
        """Connect ``receiver`` to ``sender`` while a ``with`` block or a decorated function runs.

        Afterwards the pair is what it was before; other connections of the receiver are left alone.

        :param receiver: as for :meth:`connect`; it is held strongly.
        :param sender: as for :meth:`connect`.
        :returns: a context manager that is a decorator, too.
        :raises TypeError: on entering, when ``receiver`` is not callable.

        .. versionadded:: 1.0
        """
        before = self._strength(receiver, sender)
        self.connect(receiver, sender=sender, weak=False)
        try:
            yield None
        finally:
            own = getattr(self.disconnect, "__func__", None) is _disconnect
            if not own and before is None and self._has_one_sender(receiver):
                self.disconnect(receiver)  # by a method that a program has put in its place
            else:
                self._restore(receiver, sender, before)
                if before is None:
                    self._observe_disconnect(receiver, sender)

    def _has_one_sender(self, receiver: Callable[..., Any]) -> bool:
        return len(self._by_receiver.get(make_receiver_id(receiver), ())) == 1

    def disconnect(self, receiver: Callable[..., Any], sender: Any = ANY) -> None:
        """Disconnect ``receiver`` from ``sender``. Once this has returned, no send begins to call it on its behalf.

        :param receiver: a receiver; it is no error when it is not connected.
        :param sender: the sender to disconnect it from, or :data:`ANY` for all its senders.
        :raises Exception: what a receiver of :attr:`receiver_disconnected` raises; the receiver is disconnected then.

        .. versionadded:: 1.0
        """
        self._end(receiver, sender)
        self._observe_disconnect(receiver, sender)

    def _observe_disconnect(self, receiver: Callable[..., Any], sender: Any) -> None:
        observer = self._own("receiver_disconnected")
        if observer is not None and observer.receivers:
            observer.send(self, receiver=receiver, sender=sender)

    @contextmanager
    def muted(self) -> Generator[None, None, None]:
        """Mute the signal while a ``with`` block or a decorated function runs: sending calls no receiver.

        Blocks nest, also across threads: the signal is muted until the last one is left.

        :returns: a context manager that is a decorator, too.

        .. versionadded:: 1.0
        """
        mute = object()
        self._mutes.add(mute)
        try:
            yield None
        finally:
            self._mutes.discard(mute)

    # Sending

    def _ask(self, sender: Any) -> Iterator[tuple[Callable[..., Any], bool]]:
        """Yield what ``_dispatch`` would, by way of ``receivers_for``: a program has replaced it, or ``set_class``
        decides the order.
        """
        if not self._mutes:
            for receiver in self.receivers_for(sender):
                yield receiver, is_coroutine_receiver(receiver)

    def _send_through(
        self, sender: Any, async_wrapper: Callable[..., Any] | None, kwargs: dict[str, Any]
    ) -> list[tuple[Callable[..., Any], Any]]:
        results = []
        for receiver, coroutine in self._ask(sender):
            if coroutine:
                if async_wrapper is None:
                    raise needs_async_wrapper(receiver)
                result = async_wrapper(receiver)(sender, **kwargs)
            else:
                result = receiver(sender, **kwargs)
            results.append((receiver, result))
        return results

    async def send_async(
        self,
        sender: Any = None,
        /,
        *,
        _sync_wrapper: Callable[[Callable[..., Any]], Callable[..., Coroutine[Any, Any, Any]]] | None = None,
        **kwargs: Any,
    ) -> list[tuple[Callable[..., Any], Any]]:
        """Await each receiver that is connected to ``sender`` or to :data:`ANY`, one after another.

        Does what :meth:`send` does, for coroutine functions.

        :param sender: the one positional argument of each receiver.
        :param _sync_wrapper: called with each receiver that is not a coroutine function, it returns a coroutine
            function that is called in its place, for example to run it in a thread.
        :param kwargs: the keyword arguments of each receiver.
        :returns: a list of pairs of a receiver and what it returned; empty while the signal is muted.
        :raises RuntimeError: when a receiver that is not a coroutine function is reached and there is no
            ``_sync_wrapper``.

        .. versionadded:: 1.0
        """
        results = []
        for receiver, coroutine in self._awaited(sender):
            if coroutine:  # to pass no keywords on takes less than to pass on an empty dictionary
                result = await receiver(sender, **kwargs) if kwargs else await receiver(sender)
            elif _sync_wrapper is None:
                raise needs_sync_wrapper(receiver)
            else:
                result = await _sync_wrapper(receiver)(sender, **kwargs)
            results.append((receiver, result))
        return results

    def receivers_for(self, sender: Any) -> Generator[Callable[..., Any], None, None]:
        """Yield each receiver that a send to ``sender`` would call, in the same order.

        Which these are is decided at the first step; a receiver that has died or was disconnected by the time its
        turn comes is left out. Muting makes no difference.

        :param sender: any object; for :data:`ANY`, the receivers connected to it.
        :returns: a generator of receivers.

        .. versionadded:: 1.0
        """
        for receiver, _ in self._dispatch(sender):
            yield receiver

    def _arranged(self, every: list[Hashable], own: list[Hashable]) -> list[Hashable]:
        """Return the receivers of ANY and those of a sender in the order that ``set_class`` gives them."""
        sets = self._set_class(), self._set_class()
        for chosen, ids in zip(sets, (every, own)):
            for receiver_id in ids:
                chosen.add(receiver_id)
        return list(sets[0] | sets[1] if own else sets[0].copy())

    # What some programs reach for

    def _cleanup_bookkeeping(self) -> None:
        """Do nothing: a table keeps nothing of a connection that has ended."""

    @property
    def _by_receiver(self) -> Mapping[Hashable, set[Hashable]]:
        """A copy: identities of senders by the identity of the receiver."""
        found: dict[Hashable, set[Hashable]] = {}
        for connection in self._connections():
            found.setdefault(connection[0], set()).add(connection[1])
        return MappingProxyType(found)

    @property
    def _by_sender(self) -> Mapping[Hashable, set[Hashable]]:
        """A copy: identities of receivers by the identity of the sender."""
        found: dict[Hashable, set[Hashable]] = {}
        for connection in self._connections():
            found.setdefault(connection[1], set()).add(connection[0])
        return MappingProxyType(found)

    @property
    def _weak_senders(self) -> Mapping[Hashable, ref[Any]]:
        """A copy: weak references to senders by identity."""
        found: dict[Hashable, ref[Any]] = {}
        for _, sender_id, _, sender, _ in self._connections():
            if sender is not ANY and not issubclass(type(sender), (str, int)):
                with suppress(TypeError):
                    found[sender_id] = make_ref(sender)
        return MappingProxyType(found)

    # Copying

    def __reduce_ex__(self, protocol: Any) -> Any:
        return super().__reduce_ex__(max(protocol, 2))  # the older ones cannot do with slots

    def __getstate__(self) -> Any:
        if self._connections():
            raise TypeError(f"Cannot pickle {self!r} while receivers are connected to it.")
        return self._attributes()

    def _attributes(self) -> tuple[dict[str, Any], dict[str, Any]]:
        slots = [name for name in _slotnames(type(self)) if name not in vars(Core)]
        state = {name: getattr(self, name) for name in slots if hasattr(self, name)}
        return self.__dict__.copy(), {**state, "is_muted": self.is_muted}

    def __copy__(self) -> Signal:
        return self._copied(lambda part: part, {})

    def __deepcopy__(self, memo: dict[int, Any]) -> Signal:
        from copy import deepcopy

        return self._copied(lambda part: deepcopy(part, memo), memo)

    def _copied(self, copied: Callable[[Any], Any], memo: dict[int, Any]) -> Signal:
        """Return a signal with the same attributes and connections."""
        made = memo[id(self)] = type(self).__new__(type(self))
        attributes, slots = self._attributes()
        made.__dict__.update(copied(attributes))
        for name, value in copied(slots).items():
            setattr(made, name, value)
        for _, _, receiver, sender, strong in self._connections():
            made._connect(receiver, sender, not strong)
        return made


_disconnect = Signal.disconnect
Core._complete(Signal)


class NamedSignal(Signal):
    """A signal with a name, by which its namespace knows it.

    :param name: the name, any hashable object.
    :param doc: the docstring of this signal.

    .. versionadded:: 1.0
    """

    __slots__ = ("name",)

    def __init__(self, name: str, doc: str | None = None) -> None:
        super().__init__(doc)
        self.name: str = name
        """The name of this signal.

        .. versionadded:: 1.0
        """

    def __repr__(self) -> str:
        return f"{super().__repr__()[:-1]}; {self.name!r}>"


class Namespace(dict[str, NamedSignal]):
    """A dictionary of signals by name.

    .. versionadded:: 1.0
    """

    def signal(self, name: str, doc: str | None = None) -> NamedSignal:
        """Return the signal of that name, which is made when there is none.

        :param name: the name, any hashable object.
        :param doc: the docstring of the signal, in case it is made now.
        :returns: the signal of that name.

        .. versionadded:: 1.0
        """
        if name not in self:
            made = NamedSignal(name, doc)
            if type(self).__setitem__ is dict.__setitem__:
                self.setdefault(name, made)  # of two threads, one comes first
            else:
                self[name] = made
        return self[name]


default_namespace: Namespace = Namespace()
"""The namespace of :func:`aldis.signal`.

.. versionadded:: 1.0
"""

signal: _PNamespaceSignal = default_namespace.signal
"""Return the signal of that name in :data:`aldis.default_namespace`, which is made when there is none.

.. versionadded:: 1.0
"""

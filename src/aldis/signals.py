"""Signals, named signals and namespaces. In blinker's place, this module is ``blinker.base``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Generator, Hashable, Iterable, Mapping
from contextlib import contextmanager, suppress
from copyreg import _slotnames  # type: ignore[attr-defined]
from functools import partial
from types import MappingProxyType
from weakref import ref

from . import _trace
from ._blocks import Capture, ConnectedTo, Muted, default_disconnects
from ._core import Dispatch, complete, set_bypass
from ._errors import as_receiver_error, needs_async_wrapper, needs_sync_wrapper
from ._identity import ANY, ANY_ID, Symbol, is_coroutine_receiver, make_id, make_ref  # noqa: F401 - as in blinker
from ._locking import locked_read
from ._results import Call, Connection, ReceiverErrors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any
else:
    Any = object  # importing typing takes long; signals.pyi has the types
_PNamespaceSignal = Any
_Results = list[tuple[Callable[..., object], object]]


def _observer(slot: str, signal_doc: str, doc: str) -> Any:
    """Return a property: a signal about a signal, which is made when it is first used."""

    def get(self: Signal) -> Any:
        return getattr(self, slot) or locked_read(self, "_set_observer", slot, Signal(signal_doc))

    return property(get, lambda self, made: setattr(self, slot, made), lambda self: setattr(self, slot, None), doc)


class Signal(Dispatch):
    """A signal. Receivers connect to it and are called when it is sent.

    :param doc: the docstring of this signal.
    """

    __slots__ = {
        "__weakref__": "",
        "is_muted": "Whether the signal is muted: a send calls no receiver. It may be assigned.",
        "receivers": "The connected receivers, or weak references to them, by identity, in order of first connection."
        "\n\nIts truth value tells whether any receiver is connected. Programs may change or replace the dictionary to"
        " silence,\nreplace and restore receivers. The connections stay meanwhile.",
    }

    ANY = ANY
    """The symbol :data:`aldis.ANY`."""

    set_class: type[set[Any]] = set
    """The type of set that decides the order of receivers, if it is not ``set``.

    It needs ``add``, ``|``, ``copy``, iteration and truth. The receivers of ANY and those of the sender are added to
    a set each, in order of connection. The receivers of the union are called, in its order.
    """

    def __init__(self, doc: str | None = None) -> None:
        if doc:
            self.__doc__ = doc

    def __class_getitem__(cls, protocol: object) -> type[Signal]:
        """Return the class itself. For type checkers, ``Signal[P]`` is a signal whose receivers are called like P."""
        return cls

    receiver_connected = _observer(
        "_on_connect",
        "Sent after a receiver connects.",
        "A signal that :meth:`connect` sends at its end, with ``receiver``, ``sender`` and ``weak``.",
    )
    receiver_disconnected = _observer(
        "_on_disconnect",
        "Sent after a receiver disconnects.",
        "A signal that :meth:`disconnect` sends at its end, with ``receiver`` and ``sender``. Deaths do not send it.",
    )

    # Connecting

    def connect_via(self, sender: object, weak: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Return a decorator that connects a function to ``sender``.

        :param sender: as for :meth:`connect`.
        :param weak: as for :meth:`connect`, but false by default.
        :returns: a decorator that returns the function itself.
        """

        def decorator(fn: Callable[..., Any]) -> Callable[..., Any]:
            self.connect(fn, sender, weak)
            return fn

        return decorator

    def connected_to(self, receiver: Callable[..., object], sender: object = ANY) -> ConnectedTo:
        """Connect ``receiver`` to ``sender`` while a ``with`` block or a decorated function runs.

        Afterwards the pair is what it was before. Other connections of the receiver stay as they are.

        :param receiver: as for :meth:`connect`. It is held by a strong reference.
        :param sender: as for :meth:`connect`.
        """
        return ConnectedTo(self, receiver, sender)

    @contextmanager
    def captured(self, sender: object = ANY) -> Generator[list[Call], None, None]:
        """Record the sends of the signal while a ``with`` block runs. Receivers connected before are called first.

        :param sender: record only sends by this sender.
        :returns: a context manager of the list of :class:`aldis.Call`, which grows as the signal is sent.
        """
        calls: list[Call] = []
        with self.connected_to(Capture(calls), sender):
            yield calls

    def muted(self) -> Muted:
        """Mute the signal while a ``with`` block or a decorated function runs: a send calls no receiver.

        Blocks nest, also across threads. The signal is muted until the last one ends.
        """
        return Muted(self)

    def connections(self) -> list[Connection]:
        """Return the connections, in order, as a list of :class:`aldis.Connection`."""
        return [
            Connection(receiver, sender, not strong, where and f"{where[0]}:{where[1]}")
            for _, _, receiver, sender, strong, where in self._connections()
        ]

    # Sending

    def _calls(self, sender: object) -> Iterable[tuple[Callable[..., Any], bool]]:
        """Return the receivers that a send by ``sender`` calls, and whether each is a coroutine function."""
        if self.is_muted:
            return ()
        if not self._is_plain():
            return self._calls_via_receivers_for(sender)
        return self._live(sender) if getattr(self, "receivers", True) else ()

    def _calls_via_receivers_for(self, sender: Any) -> Iterable[tuple[Callable[..., Any], bool]]:
        for receiver in self.receivers_for(sender):
            yield receiver, is_coroutine_receiver(receiver)

    def _send_slowly(self, sender: Any, wrapper: Callable[..., Any] | None, kwargs: dict[str, Any]) -> _Results:
        """Send by way of ``receivers_for``: a program has replaced it, or hooks trace the calls."""
        results: _Results = []
        for receiver, coroutine in self._calls_via_receivers_for(sender):
            called = self._called(receiver, coroutine, wrapper, sender, kwargs)
            results.append((receiver, called(sender, **kwargs)))
        return results

    def _called(
        self, receiver: Any, coroutine: bool, wrapper: Callable[..., Any] | None, sender: Any, kwargs: dict[str, Any]
    ) -> Callable[..., Any]:
        """Return what to call for a receiver, inside of what the hooks return."""
        called = receiver
        if coroutine:
            if wrapper is None:
                raise needs_async_wrapper(receiver)
            called = wrapper(receiver)
        return _trace.traced(self, receiver, called, sender, kwargs) if _trace.hooks else called

    def _awaited(
        self, receiver: Any, coroutine: bool, wrapper: Callable[..., Any] | None, sender: Any, kwargs: dict[str, Any]
    ) -> Callable[..., Any]:
        """Return the coroutine function to await for a receiver, inside of what the hooks return."""
        called = receiver
        if not coroutine:
            if wrapper is None and type(receiver) is Capture:
                wrapper = Capture.make_async
            if wrapper is None:
                raise needs_sync_wrapper(receiver)
            called = wrapper(receiver)
        return _trace.traced(self, receiver, called, sender, kwargs, True) if _trace.hooks else called

    async def send_async(
        self, sender: object = None, /, *, _sync_wrapper: Callable[..., Any] | None = None, **kwargs: object
    ) -> _Results:
        """Await each receiver that is connected to ``sender`` or to :data:`ANY`, one after another.

        It is :meth:`send` for coroutine functions.

        :param sender: the positional argument of each receiver.
        :param _sync_wrapper: called with each receiver that is not a coroutine function. It returns a coroutine
            function to await instead, which may run the receiver in a thread.
        :param kwargs: the keyword arguments of each receiver.
        :returns: a list of pairs of a receiver and its result. It is empty while the signal is muted.
        :raises RuntimeError: at a receiver that is not a coroutine function, without ``_sync_wrapper``.
        """
        results: _Results = []
        for receiver, coroutine in self._calls(sender):
            called = receiver
            if not coroutine or _trace.hooks:
                called = self._awaited(receiver, coroutine, _sync_wrapper, sender, kwargs)
            results.append((receiver, await (called(sender, **kwargs) if kwargs else called(sender))))  # **{} is slow
        return results

    def send_all(
        self, sender: object = None, /, *, _async_wrapper: Callable[..., Any] | None = None, **kwargs: object
    ) -> _Results:
        """Call the receivers as :meth:`send` does, and call all of them even if some raise exceptions.

        :param sender: as for :meth:`send`.
        :param _async_wrapper: as for :meth:`send`.
        :param kwargs: as for :meth:`send`.
        :returns: a list of pairs of a receiver and its result.
        :raises ReceiverErrors: when receivers raised exceptions, after all of them were called.
        :raises RuntimeError: when a receiver is a coroutine function, without ``_async_wrapper``. If that is known
            beforehand, no receiver is called.
        """
        for receiver, coroutine in self._known_calls(sender) if _async_wrapper is None else ():
            if coroutine:
                raise needs_async_wrapper(receiver)
        results, errors = [], []
        for receiver, coroutine in self._calls(sender):
            called = self._called(receiver, coroutine, _async_wrapper, sender, kwargs)
            try:
                results.append((receiver, called(sender, **kwargs)))
            except Exception as error:
                errors.append(as_receiver_error(error, receiver))
        return self._results_or_errors(results, errors)

    async def send_all_async(
        self, sender: object = None, /, *, _sync_wrapper: Callable[..., Any] | None = None, **kwargs: object
    ) -> _Results:
        """Await the receivers as :meth:`send_async` does, and await all of them even if some raise exceptions.

        :param sender: as for :meth:`send_async`.
        :param _sync_wrapper: as for :meth:`send_async`.
        :param kwargs: as for :meth:`send_async`.
        :returns: a list of pairs of a receiver and its result.
        :raises ReceiverErrors: when receivers raised exceptions, after all of them were awaited.
        :raises RuntimeError: when a receiver is not a coroutine function, without ``_sync_wrapper``. If that is known
            beforehand, no receiver is called.
        """
        for receiver, coroutine in self._known_calls(sender) if _sync_wrapper is None else ():
            if not coroutine and type(receiver) is not Capture:
                raise needs_sync_wrapper(receiver)
        results, errors = [], []
        for receiver, coroutine in self._calls(sender):
            called = self._awaited(receiver, coroutine, _sync_wrapper, sender, kwargs)
            try:
                results.append((receiver, await called(sender, **kwargs)))
            except Exception as error:
                errors.append(as_receiver_error(error, receiver))
        return self._results_or_errors(results, errors)

    def _known_calls(self, sender: object) -> Iterable[tuple[Callable[..., Any], bool]]:
        """Return what ``_calls`` will return, or nothing if only a replaced ``receivers_for`` knows."""
        replaced = type(self).receivers_for is not _receivers_for or "receivers_for" in self.__dict__
        return () if replaced or self.is_muted else self._live(sender)

    def _results_or_errors(self, results: _Results, errors: list[Exception]) -> _Results:
        if not errors:
            return results
        message = f"{len(errors)} of {len(errors) + len(results)} receivers raised exceptions"
        group = ReceiverErrors(message, tuple(errors))
        group.results = results
        try:
            raise group
        finally:
            errors.clear()  # the tracebacks refer to frames that refer to this list
            del group

    def receivers_for(self, sender: object) -> Generator[Callable[..., Any], None, None]:
        """Yield each receiver that a send by ``sender`` would call, in the same order.

        The receivers are chosen at the first step. A receiver that dies or is disconnected before its turn is left
        out. Muting makes no difference.

        :param sender: any object. For :data:`ANY`, the receivers that are connected to it.
        """
        for receiver, _ in self._live(sender):
            yield receiver

    def has_receivers_for(self, sender: object) -> bool:
        """Return whether a :meth:`send` by ``sender`` would find a receiver.

        :param sender: any object. For :data:`ANY`, only receivers that are connected to it count.
        """
        try:
            if not self.receivers:
                return False
        except AttributeError:  # a program deleted it
            return bool(self._snapshot_for(sender))
        return self._finds_receivers(sender)

    def _cleanup_bookkeeping(self) -> None:
        """Do nothing: a table keeps nothing of a connection that has ended."""

    def _ids_by(self, end: int) -> Mapping[Hashable, set[Hashable]]:
        found: dict[Hashable, set[Hashable]] = defaultdict(set)
        for connection in self._connections():
            found[connection[end]].add(connection[1 - end])
        return MappingProxyType(found)

    _by_receiver = property(lambda self: self._ids_by(0), doc="A copy: identities of senders by that of the receiver.")
    _by_sender = property(lambda self: self._ids_by(1), doc="A copy: identities of receivers by that of the sender.")

    @property
    def _weak_senders(self) -> Mapping[Hashable, ref[Any]]:
        """A copy: weak references to senders by identity."""
        found: dict[Hashable, ref[Any]] = {}
        for _, sender_id, _, sender, _, _ in self._connections():
            if sender is not ANY and not issubclass(type(sender), (str, int)):
                with suppress(TypeError):
                    found[sender_id] = make_ref(sender)
        return MappingProxyType(found)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return super().__reduce_ex__(max(protocol, 2))  # the older ones do not support slots

    def __getstate__(self) -> Any:
        if self._connections():
            raise TypeError(f"Cannot pickle {self!r} while receivers are connected to it.")
        return self.__dict__.copy(), {name: getattr(self, name) for name in _slots(type(self)) if hasattr(self, name)}

    def __copy__(self) -> Signal:
        return self._copied(lambda part: part, {})

    def __deepcopy__(self, memo: dict[int, Any]) -> Signal:
        from copy import deepcopy

        return self._copied(partial(deepcopy, memo=memo), memo)

    def _copied(self, copied: Callable[[Any], Any], memo: dict[int, Any]) -> Signal:
        """Return a signal with the same attributes and connections."""
        made = memo[id(self)] = type(self).__new__(type(self))
        for name in ("_on_connect", "_on_disconnect", *_slots(type(self))):
            if hasattr(self, name):
                setattr(made, name, copied(getattr(self, name)))
        if self.__dict__:
            made.__dict__.update(copied(self.__dict__))
        for _, _, receiver, sender, strong, _ in self._connections():
            Dispatch.connect(made, receiver, sender, not strong)
        return made


def _slots(cls: type[Signal]) -> list[str]:
    """Return the names of the slots to copy and to pickle."""
    return _SLOTS.get(cls) or [name for name in _slotnames(cls) if name not in _OWN_SLOTS]


_OWN_SLOTS = {"__dict__", "__weakref__", "receivers"}
_OWN_SLOTS |= {name for base in Dispatch.__mro__ for name in vars(base).get("__slots__", ())}
complete(Signal)
default_disconnects.append(Signal.disconnect)
_receivers_for = Signal.receivers_for
set_bypass(Signal, not _trace.hooks)
_trace.switches.append(partial(set_bypass, Signal))


class NamedSignal(Signal):
    """A signal with a name, under which a namespace keeps it.

    :param name: the name, any hashable object.
    :param doc: the docstring of this signal.
    """

    __slots__ = {"name": "The name of this signal."}

    def __init__(self, name: str, doc: str | None = None) -> None:
        if doc:
            self.__doc__ = doc
        self.name: str = name

    def __repr__(self) -> str:
        return f"{super().__repr__()[:-1]}; {self.name!r}>"


_SLOTS = {Signal: ["is_muted"], NamedSignal: ["is_muted", "name"]}


class Namespace(dict[str, NamedSignal]):
    """A dictionary of signals by name."""

    def signal(self, name: str, doc: str | None = None) -> NamedSignal:
        """Return the signal of that name. If there is none, it is made.

        :param name: the name, any hashable object.
        :param doc: the docstring of the signal, if it is made now.
        """
        if name not in self:
            made = NamedSignal(name, doc)
            if type(self).__setitem__ is dict.__setitem__:
                self.setdefault(name, made)  # two threads get the same signal
            else:
                self[name] = made
        return self[name]


default_namespace: Namespace = Namespace()
"""The namespace of :func:`aldis.signal`."""

signal: _PNamespaceSignal = default_namespace.signal
"""Return the signal of that name in :data:`aldis.default_namespace`. If there is none, it is made."""

"""Sending, interpreted. ``_dispatch_c.pyx`` does the same in C."""

from __future__ import annotations

from collections.abc import Callable
from itertools import repeat
from types import MethodType
from weakref import ref

from . import _snapshots
from ._errors import needs_async_wrapper
from ._references import MethodRef

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Self

    from ._endpoints import Connection

    # The connection, what returns the receiver (for a bound method: its instance) or None if it is dead, what returns
    # the function of a bound method, and whether the receiver is a coroutine function.
    Entry = tuple[Connection, Callable[[], Any], Callable[[], Any] | None, bool]

_default_receivers_for: Any = None  # that of Signal, while sends may bypass it


def set_bypass(signal_type: type[Dispatch], allowed: bool) -> None:
    """Let sends call receivers directly, or make each send go through ``receivers_for``."""
    global _default_receivers_for
    _default_receivers_for = signal_type.receivers_for if allowed else None


def complete(signal_type: type[Dispatch]) -> None:
    """Do nothing. In the compiled core, this gives the class its compiled methods."""


class Dispatch(_snapshots.Snapshots):
    """A connection table that can send."""

    __slots__ = ("__dict__",)

    is_muted: bool
    if TYPE_CHECKING:
        receivers_for: Callable[..., Any]
        _send_slowly: Callable[..., list[tuple[Callable[..., object], object]]]

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        self = super().__new__(cls)
        self._setup()
        return self

    def send(
        self, sender: object = None, /, *, _async_wrapper: Callable[..., Any] | None = None, **kwargs: object
    ) -> list[tuple[Callable[..., object], object]]:
        """Call each receiver that is connected to ``sender`` or to :data:`ANY`, in order of connection.

        An exception in a receiver propagates at once. The receivers after it are not called. A receiver that is
        disconnected while others run is not called. One that is connected meanwhile is called from the next send on.

        :param sender: the positional argument of each receiver.
        :param _async_wrapper: called with each receiver that is a coroutine function. It returns a function to call
            instead, which may run the coroutine in an event loop.
        :param kwargs: the keyword arguments of each receiver.
        :returns: a list of pairs of a receiver and its result. It is empty while the signal is muted.
        :raises RuntimeError: at a receiver that is a coroutine function, without ``_async_wrapper``.
        """
        if self.is_muted:
            return []
        if type(self).receivers_for is not _default_receivers_for or "receivers_for" in self.__dict__:
            return self._send_slowly(sender, _async_wrapper, kwargs)
        try:
            receivers = self.receivers
        except AttributeError:  # a program deleted the attribute
            entries = None
        else:
            if not receivers:
                return []
            entries = self._shared if receivers is self._public else None
        if entries is None:
            entries = self._snapshot_for(sender)
        results: list[tuple[Any, Any]] = []
        for connection, get, function, coroutine in entries:
            receiver = get()
            if receiver is None:
                if connection.connected:
                    self._forget(connection.receiver)
                continue
            if not (connection.connected or self._is_connected(connection.receiver, sender)):
                continue
            if function is not None:
                called = function()
                if called is None:
                    continue
                receiver = MethodType(called, receiver)
            if coroutine:
                if _async_wrapper is None:
                    raise needs_async_wrapper(receiver)
                results.append((receiver, _async_wrapper(receiver)(sender, **kwargs)))
            elif kwargs:
                results.append((receiver, receiver(sender, **kwargs)))
            else:
                results.append((receiver, receiver(sender)))  # takes half as long as with **{}
        return results

    def emit(
        self, sender: object = None, /, *, _async_wrapper: Callable[..., Any] | None = None, **kwargs: object
    ) -> None:
        """Call the receivers as :meth:`send` does, but return nothing. The compiled core takes less time for it.

        :param sender: as for :meth:`send`.
        :param _async_wrapper: as for :meth:`send`.
        :param kwargs: as for :meth:`send`.
        :raises RuntimeError: as :meth:`send` does.
        """
        Dispatch.send(self, sender, _async_wrapper=_async_wrapper, **kwargs)

    def _is_plain(self) -> bool:
        """Return whether a send may bypass ``receivers_for``."""
        return type(self).receivers_for is _default_receivers_for and "receivers_for" not in self.__dict__

    def _live(self, sender: object) -> Iterator[tuple[Callable[..., Any], bool]]:
        """Yield the receivers of the snapshot that are alive and connected when their turn comes."""
        for connection, get, function, coroutine in self._snapshot_for(sender):
            receiver = get()
            if receiver is None:
                if connection.connected:
                    self._forget(connection.receiver)
                continue
            if not (connection.connected or self._is_connected(connection.receiver, sender)):
                continue
            if function is not None:
                called = function()
                if called is None:
                    continue
                receiver = MethodType(called, receiver)
            yield receiver, coroutine

    def _make_entry(self, connection: Connection, target: Any, weak: bool, coroutine: bool) -> Entry:
        if type(target) is MethodRef and weak:  # calling it would take longer
            return connection, ref(target.instance()), target.function, coroutine
        return connection, target if weak else repeat(target).__next__, None, coroutine

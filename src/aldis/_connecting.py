"""Connecting and disconnecting, and what else asks for a change of the table.

Interpreted for the pure core, and compiled as ``aldis._connecting_c`` with the C types of ``_connecting_c.pxd``.
"""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType

from . import _endpoints, _primitives, _table
from ._debug import DEBUG, check_proxies
from ._errors import not_callable
from ._identity import ANY, ANY_ID
from ._locking import GIL, call, locked, locked_read, pending

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable
    from typing import Any

UNINTERRUPTED = GIL and __name__.endswith("_c")  # see _endpoints.py
_run = call if UNINTERRUPTED else locked
_read = call if UNINTERRUPTED else locked_read


class Connecting(_table.Table):
    """A connection table with the methods that change it."""

    __slots__ = ()

    def connect(
        self, receiver: Callable[..., object], sender: object = ANY, weak: bool = True
    ) -> Callable[..., object]:
        """Connect ``receiver``. It is called when the signal is sent by ``sender``.

        Connecting a pair again keeps its place in the order and sets ``weak`` anew.

        :param receiver: a callable that takes the sender as a positional argument and the keyword arguments of
            :meth:`send`.
        :param sender: any object, or :data:`ANY` for all senders. Strings, and numbers of type ``int``, match by
            value, bound methods by function and instance, all other objects by identity. The connection ends when
            the sender dies. A sender that does not support weak references is kept alive.
        :param weak: hold the receiver by a weak reference and disconnect it when it dies. Use ``weak=False`` for a
            function that is defined in another function and kept nowhere else.
        :returns: ``receiver``, so that the method can be a decorator.
        :raises TypeError: when ``receiver`` is not callable, or does not support weak references while ``weak`` is
            true. Nothing is connected then. What a receiver of :attr:`receiver_connected` raises propagates, and
            the pair is what it was before.
        """
        if not callable(receiver):
            raise not_callable(receiver)
        if DEBUG:
            check_proxies(receiver, sender)
        receiver_id = (
            _primitives.address(receiver) if type(receiver) is FunctionType else _endpoints.make_receiver_id(receiver)
        )
        sender_id = ANY_ID if sender is ANY else _endpoints.make_id(sender)
        if UNINTERRUPTED:
            before = self._link(receiver, receiver_id, sender, sender_id, weak)
        else:
            before = locked(self, "_link", receiver, receiver_id, sender, sender_id, weak)
        if self._on_connect is not None and self._on_connect.receivers:
            try:
                self._on_connect.send(self, receiver=receiver, sender=sender, weak=weak)
            except BaseException:
                if UNINTERRUPTED:
                    self._set_strong(receiver_id, sender_id, before)
                else:
                    try:
                        locked(self, "_set_strong", receiver_id, sender_id, before)
                    except RecursionError:  # the stack is full: who called has room to do it
                        pending.append((self, "_set_strong", (receiver_id, sender_id, before)))
                raise
        return receiver

    def disconnect(self, receiver: Callable[..., object], sender: object = ANY) -> None:
        """Disconnect ``receiver`` from ``sender``. After this returns, no send will start a call to the receiver.

        :param receiver: a receiver. It is no error if it is not connected.
        :param sender: the sender, or :data:`ANY` for all senders of the receiver.
        :raises Exception: what a receiver of :attr:`receiver_disconnected` raises. The receiver is disconnected
            nevertheless.
        """
        receiver_id = (
            _primitives.address(receiver) if type(receiver) is FunctionType else _endpoints.make_receiver_id(receiver)
        )
        sender_id = ANY_ID if sender is ANY else _endpoints.make_id(sender)
        if UNINTERRUPTED:
            self._unlink_ids(receiver_id, sender_id)
        else:
            locked(self, "_unlink_ids", receiver_id, sender_id)
        if self._on_disconnect is not None and self._on_disconnect.receivers:
            self._on_disconnect.send(self, receiver=receiver, sender=sender)

    def _disconnect(self, receiver_id: Hashable, sender_id: Hashable) -> None:
        _run(self, "_unlink_ids", receiver_id, sender_id)

    def _set_strength(self, receiver: Any, sender: Any, strong: bool | None) -> None:
        """Make one connection strong or weak. With None, end it."""
        receiver_id = _endpoints.make_receiver_id(receiver)
        sender_id = ANY_ID if sender is ANY else _endpoints.make_id(sender)
        if UNINTERRUPTED:
            self._set_strong(receiver_id, sender_id, strong)
        else:
            locked(self, "_set_strong", receiver_id, sender_id, strong)

    def _strength(self, receiver: Any, sender: Any) -> tuple[bool | None, int]:
        """Return whether the pair is connected strongly (None: not at all), and how many senders the receiver has."""
        receiver_id = _endpoints.make_receiver_id(receiver)
        sender_id = ANY_ID if sender is ANY else _endpoints.make_id(sender)
        if UNINTERRUPTED:
            return self._get_strong(receiver_id, sender_id)
        return locked_read(self, "_get_strong", receiver_id, sender_id)  # type: ignore[no-any-return]

    def _clear_state(self) -> None:
        """Disconnect everything."""
        _run(self, "_unlink_all")

    def _receivers_edited(self) -> None:
        """A program changed the public dictionary."""
        _run(self, "_note_edit")

    def _connections(self) -> list[tuple[Hashable, Hashable, Any, Any, bool, Any]]:
        """Return for each connection, in order: both identities, receiver, sender, strength, and where it was made."""
        found: list[Any] = []
        if not self._receivers:
            return found
        for connection, receiver, sender in _read(self, "_list_references"):
            if receiver is not None and connection.receiver.weak:
                receiver = receiver()
            if sender is not None and connection.sender.weak:
                sender = sender()
            if receiver is not None and (sender is not None or not connection.sender.weak):
                ids = connection.receiver.id, connection.sender.id
                found.append((*ids, receiver, sender, connection.strong, connection.where))
        return found

    def _observer(self, slot: str, made: Any) -> Any:
        """Return the signal receiver_connected or receiver_disconnected. If there is none, it is ``made``."""
        return _run(self, "_set_observer", slot, made)

    def _mute(self, by: int) -> None:
        """Enter (1) or leave (-1) a block that mutes the signal."""
        if UNINTERRUPTED:
            self._change_mutes(by)
        else:
            locked(self, "_change_mutes", by)

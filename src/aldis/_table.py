"""The connection table: which receivers are connected to which senders.

Interpreted for the pure core, and compiled as ``aldis._table_c`` with the C types of ``_table_c.pxd``. The page "How it
works" of the documentation explains why the table stays consistent.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FunctionType

from . import _endpoints, _primitives
from ._debug import DEBUG, check_proxies, unheard, where
from ._errors import cannot_be_weak
from ._identity import ANY, ANY_ID
from ._locking import GIL, call, locked, locked_read
from ._receivers import Receivers
from ._references import MethodRef

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable
    from typing import Any

    from ._endpoints import Connection, Endpoint

UNINTERRUPTED = GIL and __name__.endswith("_c")  # see _endpoints.py
_run = call if UNINTERRUPTED else locked
_read = call if UNINTERRUPTED else locked_read

# When an object dies, CPython 3.11 may run the collector before it takes hold of the object's weak references. They
# must not be freed until their callbacks have run.
FREES_WEAKREFS_EARLY = sys.version_info < (3, 12) and sys.implementation.name == "cpython"


class Table:
    """The connections of a signal.

    Its subclass has two more slots, which programs may assign or delete: ``receivers`` and ``is_muted``.
    """

    _NAMES = (
        "_any _changes _edited _last_sender _last_snapshot _muted_before _mutes _on_connect _on_disconnect _public"
        " _receivers _senders _shared _snapshots _total"
    )
    __slots__ = tuple(_NAMES.split())

    _public: Receivers  # the public dictionary that the table knows
    _edited: bool  # whether a program has changed the public dictionary since it was empty
    _receivers: dict[Hashable, Endpoint]
    _senders: dict[Hashable, Endpoint]
    _any: Endpoint
    _snapshots: dict[Hashable, tuple[Any, ...]]  # what a send calls, by sender: made on demand, dropped by changes
    _shared: tuple[Any, ...] | None  # the snapshot of ANY, while no sender has connections of its own
    _last_sender: Endpoint | None  # that a compiled send looked up last
    _last_snapshot: tuple[Any, ...] | None
    _mutes: int  # blocks of muted() that are entered
    _muted_before: bool  # is_muted before the first of them
    _on_connect: Any  # the signal receiver_connected, once it is used
    _on_disconnect: Any
    _total: int  # connections ever made
    _changes: int  # changes ever made

    def _setup(self) -> None:
        # What allocates comes first: the collector must not find a half-made table.
        any_end = _endpoints.Endpoint()
        any_end.id = ANY_ID
        any_end.table = self
        any_end.reference = ANY
        any_end.weak = False
        any_end.only = None
        any_end.many = {}
        public = Receivers()
        public.table = self  # type: ignore[assignment]
        receivers: dict[Hashable, Endpoint] = {}
        senders: dict[Hashable, Endpoint] = {}
        snapshots: dict[Hashable, tuple[Any, ...]] = {}
        self._any = any_end
        self._senders = senders
        self._snapshots = snapshots
        self._shared = self._last_sender = self._last_snapshot = self._on_connect = self._on_disconnect = None
        self._edited = False
        self._total = self._changes = self._mutes = 0
        self._receivers = receivers
        self.receivers = self._public = public
        self.is_muted = False

    # Connecting

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
            raise TypeError(f"Cannot connect {receiver!r}: a receiver must be callable.")
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
                if UNINTERRUPTED:  # the stack may be full
                    self._restore(receiver_id, sender_id, before)
                else:
                    locked(self, "_restore", receiver_id, sender_id, before)
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

    def _clear_state(self) -> None:
        _run(self, "_unlink_all")

    def _strength(self, receiver: Any, sender: Any) -> bool | None:
        """Return whether the pair is connected strongly, or None if it is not connected."""
        sender_id = ANY_ID if sender is ANY else _endpoints.make_id(sender)
        return _read(self, "_get_strong", _endpoints.make_receiver_id(receiver), sender_id)  # type: ignore[no-any-return]

    def _set_strength(self, receiver: Any, sender: Any, strong: bool | None) -> None:
        """Give a pair back the strength that it had."""
        sender_id = ANY_ID if sender is ANY else _endpoints.make_id(sender)
        _run(self, "_restore", _endpoints.make_receiver_id(receiver), sender_id, strong)

    def _mute(self, by: int) -> None:
        """Enter (1) or leave (-1) a block that mutes the signal."""
        _run(self, "_change_mutes", by)

    # Changes. Each first prepares what it needs, which may run other code. Then it changes the table step by step,
    # which runs none. At last it frees what it removed.

    def _link(self, receiver: Any, receiver_id: Hashable, sender: Any, sender_id: Hashable, weak: bool) -> bool | None:
        """Connect a pair. Return whether it was connected strongly before, or None if it was not connected."""
        while True:
            if getattr(self, "receivers", None) is not self._public:
                self._adopt_receivers()
            changes = self._changes
            connection = None
            receiver_end = self._receivers.get(receiver_id)
            sender_end = self._any if sender is ANY else self._senders.get(sender_id)
            if sender_end is None:
                sender_end = _endpoints.make_endpoint(self, sender, sender_id)
            elif sender_end is not self._any and sender_end.is_dead():  # another object has its id
                self._unlink(sender_end.all())
                continue
            if receiver_end is None:
                receiver_end = _endpoints.make_endpoint(self, receiver, receiver_id)
            else:
                known = receiver_end.reference() if receiver_end.weak else receiver_end.reference
                if known is None:
                    self._unlink(receiver_end.all())
                    continue
                receiver = known  # of two equal builtins, stay with the first
                connection = sender_end.get(receiver_id)
            if weak and not receiver_end.weak:
                raise cannot_be_weak(receiver)
            before = None if connection is None else connection.strong
            if connection is None:
                connection = _endpoints.Connection()
                connection.receiver = receiver_end
                connection.sender = sender_end
                connection.strong = False
                connection.where = where(receiver) if DEBUG else None
                if receiver_end.only is not None:
                    receiver_end.make_room()
                if sender_end.only is not None:
                    sender_end.make_room()
            if self._changes == changes:
                break
        strong = receiver_end.strong + (not weak) - connection.strong
        try:
            if before is None:
                connection.order = self._total
                self._total += 1
                connection.connected = True
                self._receivers[receiver_id] = receiver_end
                if receiver_end.many is None:
                    receiver_end.only = connection
                else:
                    receiver_end.many[sender_id] = connection
                if sender_end is not self._any:
                    self._senders[sender_id] = sender_end
                if sender_end.many is None:
                    sender_end.only = connection
                else:
                    sender_end.many[receiver_id] = connection
            value = receiver if strong else receiver_end.reference
            shown = _primitives.get(self._public, receiver_id)  # what it was is freed when the change is over
            if shown is not value:
                _primitives.put(self._public, receiver_id, value)
            receiver_end.strong = strong
            connection.strong = not weak
            self._invalidate(self._any if self._edited else sender_end)
        except BaseException:  # a lack of memory, a full stack, or a signal handler
            if before is None:
                self._unlink([connection])
            raise
        return before

    def _check_link(self, receiver: Any, receiver_id: Hashable, sender: Any, sender_id: Hashable, weak: bool) -> None:
        """Raise what ``_link`` would raise."""
        if weak and not _endpoints.make_endpoint(self, receiver, receiver_id).weak:
            raise cannot_be_weak(receiver)

    def _unlink(self, connections: list[Connection], again: bool = False) -> list[Any]:
        """End connections. Return what they kept alive, to be freed when the change is over."""
        removed: list[Any] = []
        try:
            for connection in connections:
                receiver, sender = connection.receiver, connection.sender
                if receiver is None or sender is None:
                    continue  # the collector is freeing this table
                if connection.strong:
                    self._set_strong(connection, False, removed)
                if sender.many is not None:
                    sender.many.pop(receiver.id, None)
                elif sender.only is connection:
                    sender.only = None
                if not sender.many and sender.only is None and sender is not self._any:
                    self._senders.pop(sender.id, None)
                    self._release(sender, removed)
                if receiver.many is not None:
                    receiver.many.pop(sender.id, None)
                elif receiver.only is connection:
                    receiver.only = None
                if not receiver.many and receiver.only is None:
                    self._receivers.pop(receiver.id, None)
                    removed.append(_primitives.pop(self._public, receiver.id, None))
                    self._release(receiver, removed)
                connection.connected = False
                self._invalidate(sender)
        except BaseException:  # a lack of memory, or a signal handler: each step can be done again
            if not again:
                self._unlink(connections, True)
            raise
        if not self._receivers:
            self._edited = False
        return removed

    def _set_strong(self, connection: Connection, strong: bool, removed: list[Any]) -> None:
        """Let a connection keep its receiver alive, or no longer."""
        receiver = connection.receiver
        shown = _primitives.get(self._public, receiver.id)
        is_own = not self._edited or self._is_own(receiver, shown)
        receiver.strong += strong - connection.strong
        connection.strong = strong
        if is_own:
            removed.append(shown)
            value = receiver.reference() if receiver.strong and receiver.weak else receiver.reference
            _primitives.put(self._public, receiver.id, value)

    def _release(self, end: Endpoint, removed: list[Any]) -> None:
        """Break the cycle of an endpoint and its weak reference, whose callback it is."""
        reference = end.reference
        is_dying = FREES_WEAKREFS_EARLY and (
            end.is_dead() or (type(reference) is MethodRef and _primitives.is_dead(reference.function))
        )
        if not is_dying:
            removed.append(reference)
            end.reference = None

    def _unlink_ids(self, receiver_id: Hashable, sender_id: Hashable) -> list[Any] | None:
        """End one connection, or for ANY all of the receiver's."""
        if getattr(self, "receivers", None) is not self._public:
            self._adopt_receivers()
        end = self._receivers.get(receiver_id)
        if end is None:  # a program may have put something there
            return [_primitives.pop(self._public, receiver_id, None)] if sender_id == ANY_ID else None
        if sender_id == ANY_ID:
            return self._unlink(end.all())
        connection = end.get(sender_id)
        return None if connection is None else self._unlink([connection])

    def _unlink_all(self) -> list[Any]:
        if getattr(self, "receivers", None) is not self._public:
            self._adopt_receivers()
        removed = self._unlink([connection for end in list(self._receivers.values()) for connection in end.all()])
        removed.append(dict(self._public))
        dict.clear(self._public)
        return removed

    def _remove_dead(self, end: Endpoint, reference: Any) -> list[Any] | None:
        """End the connections of an endpoint that died, if its weak reference (None: any) still counts."""
        if reference is not None and end.reference is not reference:
            return None
        connections = end.all()
        removed = self._unlink(connections)
        end.reference = None
        if DEBUG:
            for connection in connections:
                if connection.where and end is connection.receiver and not end.heard:
                    unheard.append((self, connection.where))
        return removed

    def _restore(self, receiver_id: Hashable, sender_id: Hashable, strong: bool | None) -> list[Any] | None:
        """Give a pair back what it was before it was connected strongly. None: it was not connected."""
        end = self._receivers.get(receiver_id)
        connection = None if end is None else end.get(sender_id)
        if connection is None:
            return None
        if strong is None:
            return self._unlink([connection])
        removed: list[Any] = []
        self._set_strong(connection, strong, removed)
        return removed

    def _get_strong(self, receiver_id: Hashable, sender_id: Hashable) -> bool | None:
        end = self._receivers.get(receiver_id)
        connection = None if end is None or end.is_dead() else end.get(sender_id)
        return None if connection is None else connection.strong

    def _set_observer(self, slot: str, made: Any) -> Any:
        if getattr(self, slot) is None:
            setattr(self, slot, made)
        return getattr(self, slot)

    def _change_mutes(self, by: int) -> None:
        if self._mutes == 0:
            self._muted_before = self.is_muted
        self._mutes += by
        if by > 0:
            self.is_muted = True
        elif not self._mutes and self.is_muted:  # else a program has unmuted it meanwhile
            self.is_muted = self._muted_before

    def _is_own(self, receiver: Endpoint, value: Any) -> bool:
        """Return whether a value of the public dictionary is the table's own, and not what a program put there."""
        return value is receiver.reference or (
            receiver.strong > 0 and _endpoints.make_receiver_id(value) == receiver.id
        )

    def _note_edit(self) -> None:
        self._edited = True
        self._invalidate(self._any)

    def _adopt_receivers(self) -> None:
        """Take the dictionary that a program assigned. If it deleted the attribute, make one of all connections."""
        assigned = getattr(self, "receivers", None)
        if assigned is None:
            ends = list(self._receivers.values())
            assigned = {end.id: end.reference() if end.weak and end.strong else end.reference for end in ends}
        if not isinstance(assigned, dict):
            raise TypeError(f"Signal.receivers must be a dictionary, not {assigned!r}.")
        if not isinstance(assigned, Receivers) or assigned.table is not self:
            assigned = Receivers(assigned)
            assigned.table = self  # type: ignore[assignment]
        self.receivers = self._public = assigned
        self._note_edit()

    def _invalidate(self, sender: Endpoint) -> None:
        """Count a change of the sender's connections, and drop the snapshots that it concerns."""
        self._changes += 1
        self._shared = self._last_sender = self._last_snapshot = None
        if sender is self._any:
            self._snapshots.clear()
        else:
            self._snapshots.pop(sender.id, None)

"""The connection table: which receivers are connected to which senders.

Interpreted for the pure core, and compiled as ``aldis._table_c`` with the C types of ``_table_c.pxd``. ``DESIGN.md``
explains why the table stays consistent.
"""

from __future__ import annotations

import sys
from operator import attrgetter
from types import FunctionType
from weakref import ref

from . import _endpoints, _primitives
from ._debug import DEBUG, died_unheard, where
from ._errors import cannot_be_weak, not_a_dictionary
from ._identity import ANY, ANY_ID, MethodRef, make_ref
from ._receivers import Receivers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable
    from typing import Any

    from ._endpoints import Connection, Endpoint, Receiver, Sender

# When an object dies, CPython 3.11 may run the collector before it takes hold of the object's weak references. They
# must not be freed until their callbacks have run.
FREES_WEAKREFS_EARLY = sys.version_info < (3, 12) and sys.implementation.name == "cpython"

_order = attrgetter("order")

NEVER_ASKED, ASK_AGAIN = -1, -2  # whether a receiver is a coroutine function


class Table:
    """The connections of a signal.

    Its subclass has two more slots, which programs may assign or delete: ``receivers``, the public dictionary, and
    ``is_muted``.
    """

    __slots__ = (
        "_any",
        "_changes",
        "_edited",
        "_last_sender",
        "_last_snapshot",
        "_muted_before",
        "_mutes",
        "_on_connect",
        "_on_disconnect",
        "_public",
        "_receivers",
        "_senders",
        "_shared",
        "_snapshots",
        "_total",
        "_unchecked",
    )

    _public: Receivers  # the public dictionary that the table knows
    _edited: bool  # whether a program has ever changed the public dictionary
    _receivers: dict[Hashable, Receiver]
    _senders: dict[Hashable, Sender]
    _any: Sender
    _snapshots: dict[Hashable, tuple[Any, ...]]  # what a send calls, by sender: made on demand, dropped by changes
    _shared: tuple[Any, ...] | None  # the snapshot of ANY, while no sender has connections of its own
    _last_sender: Sender | None  # that a compiled send looked up last
    _last_snapshot: tuple[Any, ...] | None
    _mutes: int  # blocks of muted() that are entered
    _muted_before: bool  # is_muted before the first of them
    _on_connect: Any  # the signal receiver_connected, once it is used
    _on_disconnect: Any
    _total: int  # connections ever made
    _changes: int  # changes ever made
    _unchecked: int  # connections made since the last look for endpoints that died unnoticed

    def _setup(self) -> None:
        # What allocates comes first: the collector must not find a table that is half made.
        any_sender = _endpoints.Sender()
        any_sender.id = ANY_ID
        any_sender.table = self
        any_sender.reference = ANY
        any_sender.weak = False
        any_sender.only = None
        any_sender.many = {}
        public = Receivers()
        public.table = self  # type: ignore[assignment]
        receivers: dict[Hashable, Receiver] = {}
        senders: dict[Hashable, Sender] = {}
        snapshots: dict[Hashable, tuple[Any, ...]] = {}
        self._any = any_sender
        self._senders = senders
        self._snapshots = snapshots
        self._shared = self._last_sender = self._last_snapshot = self._on_connect = self._on_disconnect = None
        self._edited = False
        self._total = self._changes = self._unchecked = self._mutes = 0
        self._receivers = receivers
        self.receivers = self._public = public  # type: ignore[misc]

    def _knows_receivers(self) -> bool:
        """Return whether the public dictionary is the one that the table knows. A program may have assigned another."""
        return getattr(self, "receivers", None) is self._public

    # Changes. Each first prepares what it needs, which may run other code; then it changes the table step by step,
    # which runs none; at last it frees what it removed. See DESIGN.md.

    def _link(self, receiver: Any, receiver_id: Hashable, sender: Any, sender_id: Hashable, weak: bool) -> bool | None:
        """Connect a pair. Return whether it was connected strongly before, or None if it was not connected."""
        if self._public:
            self._unchecked += 1
            if self._unchecked * 2 >= len(self._receivers) + len(self._senders):
                self._forget_dead()
        while True:
            if getattr(self, "receivers", None) is not self._public:
                self._adopt_receivers()
            changes = self._changes
            connection = None
            receiver_end = self._receivers.get(receiver_id)
            is_new = receiver_end is None
            sender_end = self._any if sender is ANY else self._senders.get(sender_id)
            if receiver_end is None:
                receiver_end = _endpoints.Receiver()
                receiver_end.only = receiver_end.many = None
                receiver_end.strong = 0
                receiver_end.coroutine = NEVER_ASKED
                self._refer(receiver_end, receiver, receiver_id)
            else:
                known = receiver_end.reference() if receiver_end.weak else receiver_end.reference
                if known is None:  # it is dead, and another object has its id
                    self._unlink(receiver_end.all())
                    continue
                receiver = known  # of two equal builtins, stay with the first
                if sender_end is not None:
                    connection = sender_end.get(receiver_id)
            if weak and not receiver_end.weak:
                raise cannot_be_weak(receiver)
            if sender_end is None:
                sender_end = _endpoints.Sender()
                sender_end.only = sender_end.many = None
                self._refer(sender_end, sender, sender_id)
            elif sender_end is not self._any and sender_end.is_dead():
                self._unlink(sender_end.all())
                continue
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
            shown = _primitives.get(self._public, receiver_id)
            if self._changes == changes:
                break
        was_edited = not is_new and not self._is_own(receiver_end, shown)
        strong = receiver_end.strong + (not weak) - connection.strong
        value = receiver if strong else receiver_end.reference
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
            if shown is not value:
                _primitives.put(self._public, receiver_id, value)
            receiver_end.strong = strong
            if receiver_end.coroutine != NEVER_ASKED:
                receiver_end.coroutine = ASK_AGAIN
            connection.strong = not weak
            self._changes += 1
            self._invalidate(self._any if was_edited else sender_end)
        except BaseException:  # a lack of memory, a full stack, or a signal handler
            if before is None:
                self._unlink([connection])
            raise
        return before

    def _check_link(self, receiver: Any, receiver_id: Hashable, sender: Any, sender_id: Hashable, weak: bool) -> None:
        """Raise what ``_link`` would raise."""
        if weak:
            try:
                make_ref(receiver)
            except TypeError:
                raise cannot_be_weak(receiver) from None

    def _refer(self, end: Endpoint, obj: Any, id: Hashable) -> None:
        """Let an endpoint refer to a receiver or a sender."""
        end.id = id
        end.table = self
        end.weak = True
        if type(end) is _endpoints.Sender and (_primitives.is_str(obj) or _primitives.is_int(obj)):
            end.weak = False  # it matches by value: its death would not matter
            end.reference = obj
            return
        try:
            if type(obj) is FunctionType or not _primitives.is_special(obj):
                end.reference = _primitives.make_weakref(obj, end)
            else:
                end.reference = make_ref(obj, end)
        except TypeError:
            end.weak = False
            end.reference = obj

    def _unlink(self, connections: list[Connection], again: bool = False) -> list[Any]:
        """End connections. Return what they kept alive, to be freed when the change is over."""
        removed: list[Any] = []
        try:
            for connection in connections:
                receiver, sender = connection.receiver, connection.sender
                if connection.strong:
                    shown = _primitives.get(self._public, receiver.id)
                    if receiver.strong == 1 and self._is_own(receiver, shown):
                        removed.append(shown)
                        _primitives.put(self._public, receiver.id, receiver.reference)
                    connection.strong = False
                    receiver.strong -= 1
                if sender.many is not None:
                    sender.many.pop(receiver.id, None)
                elif sender.only is connection:
                    sender.only = None
                if not sender.many and sender.only is None and sender is not self._any:
                    self._senders.pop(sender.id, None)
                    if not (FREES_WEAKREFS_EARLY and self._may_be_dying(sender)):
                        removed.append(sender.reference)  # it and its callback, the endpoint, refer to each other
                        sender.reference = None
                if receiver.many is not None:
                    receiver.many.pop(sender.id, None)
                elif receiver.only is connection:
                    receiver.only = None
                if not receiver.many and receiver.only is None:
                    self._receivers.pop(receiver.id, None)
                    removed.append(_primitives.pop(self._public, receiver.id, None))
                    if not (FREES_WEAKREFS_EARLY and self._may_be_dying(receiver)):
                        removed.append(receiver.reference)
                        receiver.reference = None
                connection.connected = False
                self._changes += 1
                self._invalidate(sender)
        except BaseException:  # a lack of memory, or a signal handler: each step can be done again
            if not again:
                self._unlink(connections, True)
            raise
        if not self._receivers:
            self._edited = False
        return removed

    def _may_be_dying(self, end: Endpoint) -> bool:
        return end.is_dead() or type(end.reference) is MethodRef  # whose function may be dying

    def _unlink_ids(self, receiver_id: Hashable, sender_id: Hashable) -> list[Any] | None:
        """End one connection, or for ANY all of the receiver's."""
        if getattr(self, "receivers", None) is not self._public:
            self._adopt_receivers()
        end = self._receivers.get(receiver_id)
        if end is None:
            # A program may have put something there.
            return [_primitives.pop(self._public, receiver_id, None)] if sender_id == ANY_ID else None
        if sender_id == ANY_ID:
            return self._unlink([end.only] if end.only is not None else end.all())
        connection = end.get(sender_id)
        return None if connection is None else self._unlink([connection])

    def _unlink_all(self) -> list[Any]:
        if not self._knows_receivers():
            self._adopt_receivers()
        removed = self._unlink(self._list_all())
        removed.append(dict(self._public))
        dict.clear(self._public)
        return removed

    def _list_all(self) -> list[Connection]:
        return [connection for end in list(self._receivers.values()) for connection in end.all()]

    def _list_references(self) -> list[tuple[Connection, Any, Any]]:
        connections = self._list_all()
        connections.sort(key=_order)
        return [(c, c.receiver.reference, c.sender.reference) for c in connections if c.connected]

    def _set_observer(self, slot: str, made: Any) -> Any:
        if getattr(self, slot) is None:
            setattr(self, slot, made)
        return getattr(self, slot)

    def _change_mutes(self, by: int) -> None:
        if self._mutes == 0:
            self._muted_before = self.is_muted  # type: ignore[has-type]
        self._mutes += by
        if by > 0:
            self.is_muted = True  # type: ignore[misc]
        elif not self._mutes and self.is_muted:  # else a program has unmuted it meanwhile
            self.is_muted = self._muted_before  # type: ignore[misc]

    def _remove_dead(self, end: Endpoint, reference: Any) -> list[Any] | None:
        """End the connections of an endpoint that died, if this weak reference still is the one that counts."""
        if end.reference is not reference:
            return None
        connections = end.all()
        removed = self._unlink(connections)
        end.reference = None
        if DEBUG:
            for connection in connections:
                if end is connection.receiver and connection.receiver.coroutine == NEVER_ASKED:
                    died_unheard(self, connection.where)
        return removed

    def _forget_dead(self) -> None:
        """End the connections of endpoints that died unnoticed. Python cannot run a callback when the stack is full."""
        self._unchecked = 0
        for end in [*self._receivers.values(), *self._senders.values()]:
            if end.is_dead():
                self._unlink(end.all())
        for receiver_id in list(self._public):  # an interrupted change may have left an entry
            value = _primitives.get(self._public, receiver_id)
            if receiver_id not in self._receivers and isinstance(value, ref) and value() is None:
                _primitives.pop(self._public, receiver_id, None)

    def _get_strong(self, receiver_id: Hashable, sender_id: Hashable) -> tuple[bool | None, int]:
        end = self._receivers.get(receiver_id)
        if end is None or end.is_dead():
            return None, 0
        connection = end.get(sender_id)
        return None if connection is None else connection.strong, len(end.all()) if end.many is None else len(end.many)

    def _set_strong(self, receiver_id: Hashable, sender_id: Hashable, strong: bool | None) -> list[Any] | None:
        end = self._receivers.get(receiver_id)
        connection = None if end is None else end.get(sender_id)
        if end is None or connection is None:
            return None
        if strong is None:
            return self._unlink([connection])
        receiver = end.reference() if end.weak else end.reference
        removed: list[Any] = [receiver]
        shown = _primitives.get(self._public, receiver_id)
        if receiver is not None:
            was_own = self._is_own(end, shown)
            end.strong += strong - connection.strong
            connection.strong = strong
            if was_own:
                removed.append(shown)
                _primitives.put(self._public, receiver_id, receiver if end.strong else end.reference)
        return removed

    def _is_own(self, receiver: Receiver, value: Any) -> bool:
        """Return whether a value of the public dictionary is the table's own, and not what a program put there."""
        return value is receiver.reference or (
            receiver.strong > 0 and _endpoints.make_receiver_id(value) == receiver.id
        )

    def _note_edit(self) -> None:
        self._edited = True
        self._changes += 1
        self._invalidate(self._any)

    def _adopt_receivers(self) -> None:
        """Take the dictionary that a program assigned. If it deleted the attribute, make one of all connections."""
        assigned = getattr(self, "receivers", None)
        if assigned is None:
            ends = list(self._receivers.values())
            assigned = {end.id: end.reference() if end.weak and end.strong else end.reference for end in ends}
        if not isinstance(assigned, dict):
            raise not_a_dictionary(assigned)
        if not isinstance(assigned, Receivers) or assigned.table is not self:
            assigned = Receivers(assigned)
            assigned.table = self  # type: ignore[assignment]
        self.receivers = self._public = assigned  # type: ignore[misc]
        self._note_edit()

    def _invalidate(self, sender: Sender) -> None:
        """Drop the snapshots that a change of the sender's connections concerns."""
        self._shared = self._last_sender = self._last_snapshot = None
        if sender is self._any:
            self._snapshots.clear()
        else:
            self._snapshots.pop(sender.id, None)

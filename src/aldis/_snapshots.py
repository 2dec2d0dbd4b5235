"""Snapshots: what a send by a sender calls. Made at the first send after a change, cached until the next one.

Interpreted for the pure core, and compiled as ``aldis._snapshots_c`` with the C types of ``_snapshots_c.pxd``.
"""

from __future__ import annotations

from operator import attrgetter
from weakref import ref

from . import _endpoints, _primitives, _table
from ._identity import ANY, ANY_ID, is_coroutine_receiver
from ._locking import GIL, locked, locked_read, pending, run_pending

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable
    from typing import Any

    from ._endpoints import Connection, Endpoint

UNINTERRUPTED = GIL and __name__.endswith("_c")  # see _endpoints.py
# Compiled code without the GIL must have the lock to read endpoints. But it sees each death: the stack is large enough.
ENDPOINTS_ARE_SAFE = GIL or not __name__.endswith("_c")

MOST_SNAPSHOTS = 1000  # that a signal caches

_order = attrgetter("order")


class Snapshots(_table.Table):
    """A connection table that a send can use."""

    __slots__ = ()

    def _make_entry(self, connection: Connection, target: Any, weak: bool, coroutine: bool) -> Any:
        """Return the entry of a snapshot."""
        raise NotImplementedError

    def _snapshot_for(self, sender: object) -> tuple[Any, ...]:
        """Return what a send by ``sender`` calls: entries in order of connection."""
        if pending:
            run_pending()
        if getattr(self, "receivers", None) is not self._public:
            locked(self, "_adopt_receivers")
        sender_id: Hashable = ANY_ID
        if self._senders:
            sender_id = _endpoints.make_id(sender)
            end = _primitives.get(self._senders, sender_id)  # unlike dict.get, it needs no lock when compiled
            if end is None:
                sender_id = ANY_ID
            elif ENDPOINTS_ARE_SAFE and end.is_dead():  # its callback could not run, and another object has its id
                self._forget(end)
                sender_id = ANY_ID
        snapshot = _primitives.get(self._snapshots, sender_id)
        return self._make_snapshot(sender_id) if snapshot is None else snapshot

    def _make_snapshot(self, sender_id: Hashable) -> tuple[Any, ...]:
        if UNINTERRUPTED:
            found, changes = self._collect(sender_id)
        else:
            found, changes = locked_read(self, "_collect", sender_id)
        entries = []
        for connection, target, is_own in found:
            if target is None:
                continue  # disconnected meanwhile, or taken out of the public dictionary by a program
            receiver = connection.receiver
            weak = receiver.weak if is_own else isinstance(target, ref)
            called = target() if weak else target
            if called is not None:
                entry = self._make_entry(connection, target, weak, is_coroutine_receiver(called))
                entries.append((receiver.id, entry))
                if weak and not is_own:
                    changes = -1  # nothing will tell when it dies: make the next snapshot anew
            elif is_own:
                self._forget(receiver)
            elif weak:  # a program put the weak reference there
                locked(self, "_unlink_ids", receiver.id, ANY_ID)
        if type(self).set_class is not set:  # type: ignore[attr-defined]
            entries = self._arrange(entries)
        snapshot = tuple([entry for _, entry in entries])
        if UNINTERRUPTED:
            self._keep_snapshot(sender_id, snapshot, changes)
        else:
            locked(self, "_keep_snapshot", sender_id, snapshot, changes)
        return snapshot

    def _collect(self, sender_id: Hashable) -> tuple[list[tuple[Connection, Any, bool]], int]:
        """Return the connections of ANY and of the sender in order, what to call for each, and the count of changes.

        A program may have put something else into the public dictionary, which counts then.
        """
        changes = self._changes
        connections = self._any.all()
        end = None if sender_id == ANY_ID else self._senders.get(sender_id)
        if end is not None:
            connections += end.all()
            connections.sort(key=_order)
            first: dict[Hashable, Connection] = {}  # a receiver that is connected to both is called once
            for connection in connections:
                if connection.receiver.id not in first:
                    first[connection.receiver.id] = connection
            connections = list(first.values())
        found = []
        for connection in connections:
            receiver = connection.receiver
            receiver.heard = True
            target, is_own = receiver.reference, True
            if self._edited:
                shown = _primitives.get(self._public, receiver.id)
                if not self._is_own(receiver, shown):
                    target, is_own = shown, False
            found.append((connection, target, is_own))
        return found, changes

    def _arrange(self, entries: list[tuple[Hashable, Any]]) -> list[tuple[Hashable, Any]]:
        """Return the entries in the order of ``set_class``."""
        set_class: Any = type(self).set_class  # type: ignore[attr-defined]
        every, own = set_class(), set_class()
        for receiver_id, _ in entries:
            (every if self._any.get(receiver_id) is not None else own).add(receiver_id)
        by_id = dict(entries)
        return [(receiver_id, by_id[receiver_id]) for receiver_id in (every | own if own else every.copy())]

    def _keep_snapshot(self, sender_id: Hashable, snapshot: tuple[Any, ...], changes: int) -> None:
        """Cache a snapshot, unless the table has changed."""
        if self._changes == changes:
            if len(self._snapshots) >= MOST_SNAPSHOTS:
                self._snapshots.clear()
            self._snapshots[sender_id] = snapshot
            if not self._senders:
                self._shared = snapshot

    def _forget(self, end: Endpoint) -> None:
        """End the connections of an endpoint that died unnoticed: its callback could not run, or has to wait."""
        locked(self, "_remove_dead", end, None)

    def _is_connected(self, receiver: Endpoint, sender: object) -> bool:
        """Return whether a receiver, one of whose connections has ended, is connected to ANY or to the sender."""
        if locked_read(self, "_get_strong", receiver.id, ANY_ID) is not None:
            return True
        return locked_read(self, "_get_strong", receiver.id, _endpoints.make_id(sender)) is not None

    def _finds_receivers(self, sender: object) -> bool:
        """Return whether a send by ``sender`` would find a receiver."""
        if self._edited or self.receivers is not self._public:
            return bool(self._snapshot_for(sender))
        if self._any.many:
            return True
        return bool(self._senders) and sender is not ANY and _endpoints.make_id(sender) in self._senders

    def _receivers_edited(self) -> None:
        """A program has changed the public dictionary."""
        if UNINTERRUPTED:
            self._note_edit()
        else:
            locked(self, "_note_edit")

    def _connections(self) -> list[tuple[Hashable, Hashable, Any, Any, bool, Any]]:
        """Return for each connection, in order: both identities, receiver, sender, strength, and where it was made."""
        found: list[Any] = []
        if not self._receivers:
            return found
        for connection, receiver, sender in locked_read(self, "_list_references"):
            if receiver is not None and connection.receiver.weak:
                receiver = receiver()
            if sender is not None and connection.sender.weak:
                sender = sender()
            if receiver is not None and (sender is not None or not connection.sender.weak):
                ids = connection.receiver.id, connection.sender.id
                found.append((*ids, receiver, sender, connection.strong, connection.where))
        return found

    def _list_references(self) -> list[tuple[Connection, Any, Any]]:
        connections = [connection for end in list(self._receivers.values()) for connection in end.all()]
        connections.sort(key=_order)
        return [(c, c.receiver.reference, c.sender.reference) for c in connections if c.connected]

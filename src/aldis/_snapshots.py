"""Snapshots: what a send by a sender calls. Made at the first send after a change, cached until the next one.

Interpreted for the pure core, and compiled as ``aldis._snapshots_c`` with the C types of ``_snapshots_c.pxd``.
"""

from __future__ import annotations

from operator import attrgetter
from weakref import ref

from . import _connecting, _endpoints, _primitives
from ._identity import ANY, ANY_ID, is_coroutine_receiver
from ._locking import GIL, call, locked, locked_read, pending, run_pending

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable
    from typing import Any

    from ._endpoints import Connection, Receiver

UNINTERRUPTED = GIL and __name__.endswith("_c")  # see _endpoints.py
_run = call if UNINTERRUPTED else locked
# Compiled code without the GIL must have the lock to read endpoints. But it sees each death: the stack is large enough.
ENDPOINTS_ARE_SAFE = GIL or not __name__.endswith("_c")

MOST_SNAPSHOTS = 1000  # that a signal caches

_order = attrgetter("order")


class Snapshots(_connecting.Connecting):
    """A connection table that a send can use."""

    __slots__ = ()

    def _make_entry(self, connection: Connection, target: Any, weak: bool, coroutine: bool) -> Any:
        """Return the entry of a snapshot."""
        raise NotImplementedError

    def has_receivers_for(self, sender: object) -> bool:
        """Return whether a :meth:`send` by ``sender`` would find a receiver.

        :param sender: any object. For :data:`ANY`, only receivers that are connected to it count.
        """
        try:
            if not self.receivers:
                return False
            if self._edited or self.receivers is not self._public:
                return bool(self._snapshot_for(sender))
        except AttributeError:  # a program deleted the attribute
            return bool(self._snapshot_for(sender))
        if self._any.many:
            return True
        return bool(self._senders) and sender is not ANY and _endpoints.make_id(sender) in self._senders

    def _snapshot_for(self, sender: object) -> tuple[Any, ...]:
        """Return what a send by ``sender`` calls: entries in order of connection."""
        if pending:
            run_pending()
        if not self._knows_receivers():
            _run(self, "_adopt_receivers")
        sender_id: Hashable = ANY_ID
        end = None
        if self._senders:
            sender_id = _endpoints.make_id(sender)
            end = self._senders.get(sender_id)
            if end is None:
                sender_id = ANY_ID
            elif ENDPOINTS_ARE_SAFE and end.is_dead():  # its callback could not run, and another object has its id
                _run(self, "_remove_dead", end, end.reference)
                sender_id = ANY_ID
        snapshot = self._snapshots.get(sender_id)
        if snapshot is None:
            snapshot = self._make_snapshot(sender_id)
        elif UNINTERRUPTED and end is not None and type(end.reference) is ref:
            self._last_sender = end
            self._last_snapshot = snapshot
        return snapshot

    def _make_snapshot(self, sender_id: Hashable) -> tuple[Any, ...]:
        if UNINTERRUPTED:
            connections, targets, changes = self._collect(sender_id)
        else:
            connections, targets, changes = locked_read(self, "_collect", sender_id)
        entries = []
        dead = []
        for connection, target in zip(connections, targets):
            receiver = connection.receiver
            if target is None:
                continue  # a program took it out of the public dictionary
            weak = receiver.weak if target is receiver.reference else isinstance(target, ref)
            called = target() if weak else target
            if called is None:
                dead.append((receiver, target))
                continue
            if target is not receiver.reference:  # a program put it there
                coroutine = is_coroutine_receiver(called)
                if weak:
                    changes = -1  # nothing will tell when it dies: make the next snapshot anew
            else:
                if receiver.coroutine < 0:
                    receiver.coroutine = is_coroutine_receiver(called)
                coroutine = receiver.coroutine == 1
            entries.append((receiver.id, self._make_entry(connection, target, weak, coroutine)))
        if type(self).set_class is not set:  # type: ignore[attr-defined]
            entries = self._arrange(entries)
        snapshot = tuple([entry for _, entry in entries])
        if UNINTERRUPTED:
            self._keep_snapshot(sender_id, snapshot, changes, dead)
        else:
            locked(self, "_keep_snapshot", sender_id, snapshot, changes, dead)
        return snapshot

    def _collect(self, sender_id: Hashable) -> tuple[list[Connection], list[Any], int]:
        """Return the connections of ANY and of the sender in order, and what the public dictionary has for each."""
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
        targets = []
        for connection in connections:
            receiver = connection.receiver
            target = _primitives.get(self._public, receiver.id)
            targets.append(receiver.reference if self._is_own(receiver, target) else target)
        return connections, targets, changes

    def _arrange(self, entries: list[tuple[Hashable, Any]]) -> list[tuple[Hashable, Any]]:
        """Return the entries in the order of ``set_class``."""
        set_class: Any = type(self).set_class  # type: ignore[attr-defined]
        every, own = set_class(), set_class()
        for receiver_id, _ in entries:
            (every if self._any.get(receiver_id) is not None else own).add(receiver_id)
        by_id = dict(entries)
        return [(receiver_id, by_id[receiver_id]) for receiver_id in (every | own if own else every.copy())]

    def _keep_snapshot(
        self, sender_id: Hashable, snapshot: tuple[Any, ...], changes: int, dead: list[tuple[Receiver, Any]]
    ) -> list[Any] | None:
        """Cache a snapshot, unless the table has changed. Forget what has died."""
        if dead:
            connections: list[Connection] = []
            for receiver, target in dead:
                if receiver.is_dead():
                    connections += receiver.all()
                elif target is not receiver.reference and _primitives.get(self._public, receiver.id) is target:
                    _primitives.pop(self._public, receiver.id, None)  # a program put the weak reference there
            return self._unlink(connections)
        if self._changes == changes:
            if len(self._snapshots) >= MOST_SNAPSHOTS:
                self._snapshots.clear()
            self._snapshots[sender_id] = snapshot
            if not self._senders:
                self._shared = snapshot
        return None

    def _check_dead(self) -> None:
        """A send has met a dead receiver that is connected: its callback could not run, or has to wait."""
        _run(self, "_forget_dead")

    def _is_connected(self, receiver: Receiver, sender: object) -> bool:
        """Return whether a receiver, one of whose connections has ended, is connected to ANY or to the sender."""
        if UNINTERRUPTED:
            return self._has_connection(receiver, _endpoints.make_id(sender))
        return locked_read(self, "_has_connection", receiver, _endpoints.make_id(sender))  # type: ignore[no-any-return]

    def _has_connection(self, receiver: Receiver, sender_id: Hashable) -> bool:
        end = self._senders.get(sender_id)
        return self._any.get(receiver.id) is not None or (end is not None and end.get(receiver.id) is not None)

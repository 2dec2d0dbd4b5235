"""The reference core: the table of connections, finding receivers by sender, pruning of the dead, dispatch.

``_core_c.pyx`` is the same core compiled, with the same names in the same order. Why both stay whole among threads,
collections and faults is argued in ``DESIGN.md`` beside this file.
"""

from __future__ import annotations

import os
import sys
from _thread import RLock  # which threading hands on, at the cost of importing it
from collections import deque
from itertools import repeat
from operator import attrgetter
from sys import is_finalizing
from types import MethodType
from weakref import ref

from ._errors import cannot_be_weak, needs_async_wrapper
from ._identity import ANY, ANY_ID, MethodRef, is_coroutine_receiver, make_id, make_receiver_id, make_ref
from ._receivers import Receivers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Hashable, Iterable, Iterator, Sequence
    from typing import Any, ClassVar

    from typing_extensions import Self

    # Place of a connection, the connection, what gives the receiver (of a bound method, its instance) or None when it
    # has died, what gives a bound method's function, and whether the receiver is a coroutine function.
    Entry = tuple[int, "Connection", Callable[[], Any], Callable[[], Any] | None, bool]

# One lock for all signals, held for moments and only while a table changes. A fork takes it first, so that the child
# never finds a table half changed.
_lock = RLock()

# Changes that have to wait: deaths noticed while the lock is taken, and changes asked for in the midst of a change of
# the same table, by a finalizer for example.
_later: deque[tuple[Core, Callable[..., Any], tuple[Any, ...]]] = deque()


# CPython before 3.12 may run the collector when an object dies, between counting the callbacks and holding on to what
# they belong to: a weak reference that is let go by then is used after it is freed. So it has to wait for the call.
_CALLS_BACK_LATE = sys.implementation.name == "cpython" and sys.version_info < (3, 12)

# Whether somebody is at it: each change that had to wait is followed by the next, not interrupted by it.
_settling = False


def _the_lock() -> RLock:
    """Return the lock: a new one, if the interpreter ends and has stopped for good the thread that holds the old one.
    What that thread has left half done harms nobody.
    """
    global _lock, _settling
    if is_finalizing():  # no cover: an end of the interpreter
        if _lock.acquire(blocking=False):
            _lock.release()
        else:
            _lock = RLock()
            _settling = False
    return _lock


def _settle(at_once: bool = False) -> None:
    """Carry out the changes that had to wait. Whoever releases the lock looks here afterwards, so none is forgotten."""
    global _settling
    lock = _the_lock()
    while _later and (at_once or not _settling) and lock.acquire(blocking=False):
        try:
            _settling = True
            while _later:
                signal, change, arguments = _later[0]
                if signal._changing is lock:
                    return  # by a change further up this thread's stack, which will settle
                _later.popleft()
                signal._change(change, *arguments)
        finally:
            _settling = False
            lock.release()


def _settle_dead() -> None:
    """Wait until no death that was noticed before is waiting: the dead must not be taken for others that have got their
    identity.
    """
    with _the_lock():
        _settle(at_once=True)
    _settle()


def _take() -> None:  # no cover: forks
    _the_lock().acquire()


def _release() -> None:  # no cover: forks
    _lock.release()
    _settle()


if hasattr(os, "register_at_fork"):  # no cover: Windows
    os.register_at_fork(before=_take, after_in_parent=_release, after_in_child=_release)


class Endpoint:
    """A receiver or a sender that is connected, and the callback of the weak reference to it."""

    __slots__ = ("connections", "handle", "id", "signal", "weak")

    connections: dict[Hashable, Connection]  # by the other end's identity, in order of connection
    handle: Any  # a weak reference, or the object itself where there can be none
    weak: bool  # which of the two
    id: Hashable
    signal: ref[Core]

    def hold(self, obj: Any) -> None:
        try:
            self.handle = make_ref(obj, self)
            self.weak = True
        except TypeError:
            self.handle = obj
            self.weak = False

    def target(self) -> Any:
        """Return the object itself; None when it is dead or its last connection has ended."""
        handle = self.handle
        return handle() if self.weak and handle is not None else handle

    def __call__(self, dead: object) -> None:
        signal = self.signal()
        if signal is not None and _later is not None:  # as it is when the interpreter exits
            _later.append((signal, signal._told, (self, dead)))
            _settle()


class Receiver(Endpoint):
    __slots__ = ("coroutine", "strong")

    def __init__(self, signal: ref[Core], id: Hashable, receiver: Callable[..., Any]) -> None:
        self.signal = signal
        self.id = id
        self.connections = {}
        self.strong = 0  # how many connections keep the receiver alive
        self.coroutine: bool | None = None  # not asked before the first plan
        self.hold(receiver)


class Sender(Endpoint):
    __slots__ = ("plan",)

    def __init__(self, signal: ref[Core], id: Hashable, sender: Any) -> None:
        self.signal = signal
        self.id = id
        self.connections = {}
        self.plan: Plan | None = None  # made at the first send after a change
        if sender is ANY or issubclass(type(sender), (str, int)):
            self.handle = sender  # known by value: the value stays when this object goes
            self.weak = False
        else:
            self.hold(sender)


class Connection:
    """A receiver and a sender, connected."""

    __slots__ = ("connected", "place", "receiver", "sender", "strong")

    def __init__(self, receiver: Receiver, sender: Sender, place: int) -> None:
        self.receiver = receiver
        self.sender = sender
        self.place = place  # in the order of all connections of the signal
        self.strong = False
        self.connected = True


class Plan:
    """What a send has to call for one sender, or for ANY. It never changes."""

    __slots__ = ("entries", "hidden")

    def __init__(self, entries: list[Entry], hidden: set[int]) -> None:
        self.entries = entries  # in order of connection
        self.hidden = hidden  # places of connections to ANY whose receiver this plan calls earlier


_place = attrgetter("place")  # by which connections are sorted

_plain: object = None  # the one receivers_for that a send may bypass


class Core:
    """The hot half of :class:`aldis.Signal`."""

    __slots__ = (
        "__weakref__",
        "_any",
        "_changes",
        "_changing",
        "_mutes",
        "_places",
        "_ready",
        "_receivers",
        "_senders",
        "_set_class",
        "_shown",
    )

    _mutes: set[object]  # what keeps the signal muted
    _shown: Receivers | None  # the public dictionary; None when it was deleted
    _receivers: dict[Hashable, Receiver]
    _senders: dict[Hashable, Sender]
    _any: Sender
    _ready: Sequence[Entry] | None  # what every send has to call, while no sender has receivers of its own
    _places: int  # connections ever made
    _changes: int  # changes ever made to the table
    _changing: RLock | None  # what protects the change under way
    _set_class: type[set[Any]]  # what decides the order, if it is not set

    if TYPE_CHECKING:
        set_class: ClassVar[type[set[Any]]]
        receivers_for: Callable[..., Any]
        _ask: Callable[[Any], Iterator[tuple[Callable[..., Any], bool]]]
        _send_through: Callable[..., list[tuple[Callable[..., Any], Any]]]
        _arranged: Callable[[list[Hashable], list[Hashable]], list[Hashable]]

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        self = super().__new__(cls)
        if sys.version_info < (3, 12):  # no cover: Python 3.10 and 3.11
            vars(self)  # threads that make the dictionary at once would each get another
        shown = Receivers(self)
        self._mutes = set()
        self._shown = shown
        self._receivers = {}
        self._senders = {}
        self._any = Sender(shown.signal, ANY_ID, ANY)
        self._ready = None
        self._places = 0
        self._changes = 0
        self._changing = None
        self._set_class = cls.set_class
        return self

    @staticmethod
    def _complete(signal_type: type[Core]) -> None:
        """Complete the class of signals, whose ``receivers_for`` is the only one that a send may bypass."""
        global _plain
        _plain = signal_type.receivers_for

    def _own(self, name: str) -> Any:
        """Return the instance's own attribute, or None."""
        return self.__dict__.get(name)

    # Sending

    def send(
        self,
        sender: Any = None,
        /,
        *,
        _async_wrapper: Callable[[Callable[..., Coroutine[Any, Any, Any]]], Callable[..., Any]] | None = None,
        **kwargs: Any,
    ) -> list[tuple[Callable[..., Any], Any]]:
        """Call each receiver that is connected to ``sender`` or to :data:`ANY`, in order of connection.

        An exception that a receiver raises propagates at once, and the later receivers are not called. A receiver
        that is disconnected while others run is not called any more; one that is connected then is called from the
        next send on.

        :param sender: the one positional argument of each receiver.
        :param _async_wrapper: called with each receiver that is a coroutine function, it returns what is called in
            its place, for example to run it in an event loop.
        :param kwargs: the keyword arguments of each receiver.
        :returns: a list of pairs of a receiver and what it returned; empty while the signal is muted.
        :raises RuntimeError: when a coroutine function is reached and there is no ``_async_wrapper``.

        .. versionadded:: 1.0
        """
        if self._mutes:
            return []
        if type(self).receivers_for is not _plain or "receivers_for" in self.__dict__:
            return self._send_through(sender, _async_wrapper, kwargs)
        entries = self._ready
        if not entries and entries is not None:
            return []
        if entries is None or type(sender).__hash__ is None:
            entries = self._entries(sender)
        results = []
        for _, connection, get, function, coroutine in entries:
            receiver = get()
            if receiver is None or not (connection.connected or self._reaches(connection.receiver.id, sender)):
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
                results.append((receiver, receiver(sender)))  # twice as fast as with no keywords to pass
        return results

    def has_receivers_for(self, sender: Any) -> bool:
        """Tell whether a :meth:`send` to ``sender`` would find a receiver.

        :param sender: any object; for :data:`ANY`, only receivers that are connected to it count.
        :returns: whether there is one.

        .. versionadded:: 1.0
        """
        entries = self._ready
        if entries is None or (entries and type(sender).__hash__ is None):
            entries = self._entries(sender)
        return bool(entries)

    def _awaited(self, sender: Any) -> Iterable[tuple[Callable[..., Any], bool]]:
        """Return what a ``send_async`` has to call, as pairs."""
        if type(self).receivers_for is not _plain or "receivers_for" in self.__dict__:
            return self._ask(sender)
        return () if self._mutes else self._dispatch(sender)

    def _dispatch(self, sender: Any) -> Iterable[tuple[Callable[..., Any], bool]]:
        """Yield each receiver that a send to ``sender`` has to call, and whether it is a coroutine function."""
        entries = self._ready
        if entries is None or (entries and type(sender).__hash__ is None):
            entries = self._entries(sender)
        return self._living(entries, sender) if entries else ()

    def _living(self, entries: Sequence[Entry], sender: Any) -> Iterator[tuple[Callable[..., Any], bool]]:
        for _, connection, get, function, coroutine in entries:
            receiver = get()
            if receiver is None or not (connection.connected or self._reaches(connection.receiver.id, sender)):
                continue
            if function is not None:
                called = function()
                if called is None:
                    continue
                receiver = MethodType(called, receiver)
            yield receiver, coroutine

    def _reaches(self, receiver_id: Hashable, sender: Any) -> bool:
        """Tell whether a receiver is connected to the sender, or to ANY, at this moment."""
        known = self._receivers.get(receiver_id)
        return known is not None and (ANY_ID in known.connections or make_id(sender) in known.connections)

    def _entries(self, sender: Any) -> Sequence[Entry]:
        """Return what a send to ``sender`` has to call, in order."""
        if _later:
            _settle_dead()
        changes = self._changes
        known = self._senders.get(id(sender))  # which no other identity equals: make_id takes longer
        if known is None and self._receivers:  # else nobody needs its hash
            known = self._senders.get(make_id(sender))
        every, own = self._any.plan, None if known is None else known.plan
        if every is None or (known is not None and own is None) or self._changes != changes:
            every, own = self._make_plans(make_id(sender) if self._receivers else ANY_ID)
        entries: Sequence[Entry] = every.entries
        if own is not None and not entries:
            entries = own.entries
        elif own is not None:
            entries = sorted([entry for entry in entries if entry[0] not in own.hidden] + own.entries)
        if self._set_class is not set:
            by_id = {entry[1].receiver.id: entry for entry in entries}
            ids = self._arranged(list(self._any.connections), list(known.connections) if known else [])
            entries = [by_id[id] for id in ids if id in by_id]
        elif not self._senders:
            with _the_lock():
                if self._changes == changes and self._changing is not _lock:
                    self._ready = entries
            if _later:  # no cover: threads
                _settle()
        return entries

    def _make_plans(self, sender_id: Hashable) -> tuple[Plan, Plan | None]:
        """Make the plans, from the connections of one moment, and keep those that are still right then."""
        with _the_lock():
            changes = self._changes
            known = self._senders.get(sender_id)
            senders = [self._any] if known is None else [self._any, known]
            found = [sender.plan or self._gather(sender) for sender in senders]
        if _later:
            _settle()
        plans = [each if isinstance(each, Plan) else self._resolve(*each) for each in found]
        with _the_lock():
            if self._changes == changes and self._changing is not _lock and self._set_class is set:
                for sender, plan in zip(senders, plans):
                    sender.plan = plan
        if _later:
            _settle()
        return plans[0], plans[1] if len(plans) > 1 else None

    def _gather(self, sender: Sender) -> tuple[list[Connection], set[int]]:
        """Return the sender's connections, and the places of those to ANY that they hide."""
        connections = []
        hidden = set()
        for connection in list(sender.connections.values()):
            twin = connection.receiver.connections.get(ANY_ID)
            if twin is not None and twin is not connection:
                if twin.place < connection.place:
                    continue  # called in its place among the receivers of ANY
                hidden.add(twin.place)
            connections.append(connection)
        return connections, hidden

    def _resolve(self, connections: list[Connection], hidden: set[int]) -> Plan:
        """Find out what each connection calls. This may run code of receivers, so the lock is not held."""
        return Plan([entry for connection in connections if (entry := self._entry(connection))], hidden)

    def _entry(self, connection: Connection) -> Entry | None:
        known = connection.receiver
        handle = known.handle
        shown = self._shown
        found = None if shown is None else shown.get(known.id)
        if handle is None or found is None:
            return None  # disconnected meanwhile, or taken out from outside
        own = self._is_own(known, found)
        target, weak = (handle, known.weak) if own else (found, isinstance(found, ref))
        receiver = target() if weak else target
        if receiver is None:
            return None
        coroutine = known.coroutine if own else None
        if coroutine is None:
            coroutine = is_coroutine_receiver(receiver)
            if own:
                known.coroutine = coroutine
        if type(target) is MethodRef:  # spares a call of it in each dispatch
            return connection.place, connection, ref(receiver.__self__), target.function, coroutine
        return connection.place, connection, target if weak else repeat(receiver).__next__, None, coroutine

    # Changing the table

    def _connect(self, receiver: Callable[..., Any], sender: Any, weak: bool) -> bool | None:
        """Connect a pair. Return whether it was connected strongly before; None, if it was not connected."""
        return self._change(self._link, receiver, make_receiver_id(receiver), sender, weak)  # type: ignore[no-any-return]

    def _end(self, receiver: Callable[..., Any], sender: Any) -> None:
        """Disconnect a pair, or for ANY the receiver from all senders."""
        self._change(self._unlink_ids, make_receiver_id(receiver), None if sender is ANY else make_id(sender))

    def _disconnect(self, receiver_id: Hashable, sender_id: Hashable) -> None:
        """Do the same for identities, of which ``ANY_ID`` is that of ANY."""
        self._change(self._unlink_ids, receiver_id, None if sender_id == ANY_ID else sender_id)

    def _restore(self, receiver: Callable[..., Any], sender: Any, strong: bool | None) -> None:
        """Make one pair what ``_connect`` said it was."""
        ids = make_receiver_id(receiver), ANY_ID if sender is ANY else make_id(sender)
        if strong is None:
            self._change(self._unlink_ids, *ids)
        else:
            self._change(self._strengthen_ids, *ids, strong)

    def _clear_state(self) -> None:
        """Disconnect everything."""
        self._change(self._unlink_all)

    def _receivers_changed(self) -> None:
        """Take notice that the public dictionary was changed, or replaced, from outside."""
        self._change(self._look_again)

    def _strength(self, receiver: Callable[..., Any], sender: Any) -> bool | None:
        """Tell whether a pair is connected strongly; None, if it is not connected."""
        if _later:
            _settle_dead()
        known = self._receivers.get(make_receiver_id(receiver))
        connection = known and known.connections.get(ANY_ID if sender is ANY else make_id(sender))
        return connection.strong if connection else None

    def _connections(self) -> list[tuple[Hashable, Hashable, Any, Any, bool]]:
        """Return identity of the receiver, identity of the sender, receiver, sender and strength of each connection,
        in order.
        """
        with _the_lock():
            found = [c for known in list(self._receivers.values()) for c in list(known.connections.values())]
            found.sort(key=_place)
            held = []
            for c in found:
                handles = c.receiver.handle, c.sender.handle
                if c.connected:  # else a finalizer has ended it, and its handles may be gone
                    held.append((c, *handles))
        _settle()
        return [
            (c.receiver.id, c.sender.id, receiver, sender, c.strong)
            for c, receiver_handle, sender_handle in held
            if (receiver := receiver_handle() if c.receiver.weak else receiver_handle) is not None
            and ((sender := sender_handle() if c.sender.weak else sender_handle) is not None or not c.sender.weak)
        ]

    def _change(self, change: Callable[..., Any], *arguments: Any) -> Any:
        """Carry out a change of the table, one at a time."""
        with _the_lock():
            if self._changing is _lock:  # in this very thread: a finalizer runs in the midst of a change
                _later.append((self, change, arguments))
                return None
            self._changing = _lock
            self._ready = None
            try:
                result = change(*arguments)
            finally:
                self._changes += 1
                self._changing = None
        if _later:
            _settle()
        return result

    def _link(self, receiver: Callable[..., Any], receiver_id: Hashable, sender: Any, weak: bool) -> bool | None:
        to = self._sender(sender)
        known = self._receivers.get(receiver_id)
        if known is not None and known.weak and (present := known.target()) is not receiver:
            if type(known.handle) is ref and isinstance(receiver_id, tuple):
                known.hold(receiver)  # a bound builtin, made anew and equal
                self._drop_plans_with(known)
            elif present is None:  # no cover: memory; dead, and another object has got its identity
                self._unlink_ids(receiver_id, None)
                known = None
                to = self._sender(sender)  # which may have lost its last connection by that
        if known is None:
            known = Receiver(self._any.signal, receiver_id, receiver)
        if weak and not known.weak:
            raise cannot_be_weak(receiver)
        connection = known.connections.get(to.id)
        before = None if connection is None else connection.strong
        if connection is None:
            connection = Connection(known, to, self._places + 1)
        strong = known.strong + (not weak) - connection.strong
        # What may fail for lack of memory comes first, or can be undone without any.
        self._drop_plans_of(connection)
        shown = self._show(known, receiver if strong else known.handle)
        if before is None:
            try:
                self._places += 1
                self._receivers[receiver_id] = known
                if to is not self._any:
                    self._senders[to.id] = to
                known.connections[to.id] = connection
                to.connections[receiver_id] = connection
            except BaseException:
                self._remove(connection)
                table: Any = self._shown
                if shown is None:
                    dict.pop(table, receiver_id, None)
                else:
                    dict.__setitem__(table, receiver_id, shown)
                raise
        known.strong = strong
        connection.strong = not weak
        return before

    def _sender(self, sender: Any) -> Sender:
        if sender is ANY:
            return self._any
        sender_id = make_id(sender)
        known = self._senders.get(sender_id)
        if known is not None and known.weak and known.handle() is None:  # no cover: memory
            self._bury(known, known.handle)
            known = None
        return known or Sender(self._any.signal, sender_id, sender)

    def _show(self, known: Receiver, target: Any) -> Any:
        """Put the receiver, or the weak reference to it, into the public dictionary. Return what was there."""
        shown = self._shown
        if shown is None:
            shown = self._shown = Receivers(self)
        old = shown.get(known.id)
        if old is None or not self._is_own(known, old):  # the receiver was taken out, or another put in its place
            self._drop_plans_with(known)
        dict.__setitem__(shown, known.id, target)
        return old

    def _unlink(self, connections: list[Connection]) -> None:
        # What may fail for lack of memory comes first.
        kept = []
        if _CALLS_BACK_LATE:  # no cover: Python 3.10 and 3.11
            for connection in connections:
                for end in (connection.receiver, connection.sender):
                    if end.weak and end.handle() is None:
                        kept.append((end, end.handle))
        for connection in connections:
            known = connection.receiver
            self._drop_plans_of(connection)
            if connection.strong and known.strong == 1 and len(known.connections) > 1 and self._is_shown(known):
                self._show(known, known.handle)
            self._remove(connection)
        for end, handle in kept:  # no cover: Python 3.10 and 3.11
            end.handle = handle  # until its death is told

    def _remove(self, connection: Connection) -> None:
        """Take a connection out of the tables, which needs no memory."""
        known, sender = connection.receiver, connection.sender
        known.connections.pop(sender.id, None)
        sender.connections.pop(known.id, None)
        if not sender.connections and sender is not self._any:
            try:
                self._senders.pop(sender.id, None)
            except BaseException:  # that the hash of a value raises
                known.connections[sender.id] = sender.connections[known.id] = connection
                raise
            sender.handle = None
        connection.connected = False
        known.strong -= connection.strong
        if not known.connections:
            self._receivers.pop(known.id, None)
            known.handle = None
            shown = self._shown
            if shown is not None:
                dict.pop(shown, known.id, None)

    def _unlink_ids(self, receiver_id: Hashable, sender_id: Hashable | None) -> None:
        known = self._receivers.get(receiver_id)
        if known is None:
            shown = self._shown
            if sender_id is None and shown is not None:
                dict.pop(shown, receiver_id, None)  # put there from outside
        elif sender_id is None:
            self._unlink(list(known.connections.values()))
        elif sender_id in known.connections:
            self._unlink([known.connections[sender_id]])

    def _strengthen_ids(self, receiver_id: Hashable, sender_id: Hashable, strong: bool) -> None:
        known = self._receivers.get(receiver_id)
        connection = None if known is None else known.connections.get(sender_id)
        if known is not None and connection is not None:
            all_strong = known.strong + strong - connection.strong
            if self._is_shown(known):  # else what was done to the dictionary from outside stays
                self._show(known, known.target() if all_strong else known.handle)
            known.strong = all_strong
            connection.strong = strong

    def _unlink_all(self) -> None:
        for known in list(self._receivers.values()):
            self._unlink_ids(known.id, None)
        shown = self._shown
        if shown is not None:
            dict.clear(shown)

    def _told(self, dead: Endpoint, handle: Any) -> None:
        """Bury an endpoint whose death is told."""
        self._bury(dead, handle)
        if dead.handle is handle and not dead.connections:  # no cover: Python 3.10 and 3.11
            dead.handle = None

    def _bury(self, dead: Endpoint, handle: Any) -> None:
        """End the connections of an endpoint that has died, of which the handle tells."""
        if dead.handle is not handle:
            return  # they have ended, or another handle holds it by now
        shown = self._shown
        if isinstance(dead, Receiver) and shown is not None and dead.id in shown and not self._is_shown(dead):
            return  # another was put in its place from outside, and lives
        self._unlink(list(dead.connections.values()))

    def _is_own(self, known: Receiver, target: Any) -> bool:
        """Tell a receiver's own entry in the public dictionary from one put there from outside."""
        return target is known.handle or make_receiver_id(target) == known.id

    def _is_shown(self, known: Receiver) -> bool:
        """Tell whether the public dictionary has the receiver's own entry."""
        shown = self._shown
        target = None if shown is None else shown.get(known.id)
        return target is not None and self._is_own(known, target)

    def _drop_plans_of(self, connection: Connection) -> None:
        """Let the plans be made anew that a change of the connection touches."""
        connection.sender.plan = None
        if connection.sender is self._any:
            self._drop_plans_with(connection.receiver)

    def _drop_plans_with(self, known: Receiver) -> None:
        """Let the plans be made anew that the receiver is part of."""
        for connection in known.connections.values():
            connection.sender.plan = None

    def _drop_plans(self) -> None:
        self._any.plan = None
        for sender in self._senders.values():
            sender.plan = None

    def _look_again(self) -> None:
        """Take notice of changes to the public dictionary."""
        self._drop_plans()
        for known in [*self._receivers.values(), *self._senders.values()]:
            if known.weak and known.target() is None:  # what had been put in its place from outside may be gone as well
                self._bury(known, known.handle)

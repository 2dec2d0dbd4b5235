"""The parts of a connection table: receivers, senders, and connections of one with the other.

Interpreted for the pure core, and compiled as ``aldis._endpoints_c`` with the C types of ``_endpoints_c.pxd``.
"""

from __future__ import annotations

from types import BuiltinMethodType, MethodType, MethodWrapperType

from . import _primitives
from ._debug import DEBUG, warn_of_unheard
from ._locking import GIL, pending, run_pending
from ._references import make_ref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable
    from typing import Any

    from ._table import Table

# Compiled code that holds the GIL runs no other code between two steps of a change. So its changes need no lock.
UNINTERRUPTED = GIL and __name__.endswith("_c")

_BUILTIN_METHODS = BuiltinMethodType, MethodWrapperType


def make_id(obj: Any) -> Hashable:
    """Return the identity of a sender or a receiver.

    Strings, and numbers of type ``int``, are identified by value. Bound methods are identified by function and
    instance, all other objects by ``id``. Two identities of different kinds are never equal.

    :param obj: any object.
    :returns: a hashable object.
    """
    if not _primitives.is_special(obj):
        return _primitives.address(obj)
    if isinstance(obj, str):
        return str.__str__(obj)  # an exact str: what a subclass says about equality does not count
    if isinstance(obj, int):
        return int, int.__int__(obj)
    return make_receiver_id(obj)


def make_receiver_id(obj: Any) -> Hashable:
    """Return the identity of a receiver: as :func:`make_id`, but strings and numbers are identified by ``id``."""
    kind = type(obj)
    if kind is MethodType:
        return _primitives.address(obj.__func__), _primitives.address(obj.__self__)
    if issubclass(kind, _BUILTIN_METHODS):
        # Python makes these anew at each access. The hash combines the addresses of the function and of the instance.
        return kind, hash(obj), _primitives.address(obj.__self__)
    return _primitives.address(obj)


class Endpoint:
    """A receiver or a sender that has connections, or ANY. It is also the callback of the weak reference to it."""

    __slots__ = ("heard", "id", "many", "only", "reference", "strong", "table", "weak")

    id: Hashable
    table: Table
    reference: Any  # a weak reference, or the object itself where there can be none; None after the last connection
    weak: bool  # which of the two
    only: Connection | None  # the connection, while there was never more than one: a dictionary takes 184 bytes
    many: dict[Hashable, Connection] | None  # connections by the identity of the other end, in order
    strong: int  # how many connections keep the receiver alive
    heard: bool  # whether a send has ever found the receiver

    def __call__(self, reference: object) -> None:
        """End the connections of this endpoint, which has died."""
        if UNINTERRUPTED:
            self.table._remove_dead(self, reference)
        elif pending is not None:  # as it is when the interpreter has shut down
            pending.append((self.table, "_remove_dead", (self, reference)))
            run_pending()
        if DEBUG:
            warn_of_unheard()

    def get(self, id: Hashable) -> Connection | None:
        """Return the connection with the endpoint of that identity."""
        if self.many is not None:
            return self.many.get(id)
        only = self.only
        if only is None or (only.sender if only.receiver is self else only.receiver).id != id:
            return None
        return only

    def all(self) -> list[Connection]:
        """Return the connections, in order."""
        if self.many is not None:
            return list(self.many.values())
        only = self.only  # allocating the list may run code that changes it
        return [] if only is None else [only]

    def make_room(self) -> None:
        """Prepare for a second connection. This allocates a dictionary, and so may run finalizers."""
        many: dict[Hashable, Connection] = {}
        only = self.only
        if only is not None:
            many[only.sender.id if only.receiver is self else only.receiver.id] = only
            self.many = many
            self.only = None

    def is_dead(self) -> bool:
        reference = self.reference  # another thread may release it
        return self.weak and reference is not None and _primitives.is_dead(reference)


class Connection:
    """A receiver that is connected to a sender."""

    __slots__ = ("connected", "order", "receiver", "sender", "strong", "where")

    receiver: Endpoint
    sender: Endpoint
    order: int  # among all connections of the signal
    strong: bool  # whether it keeps the receiver alive
    connected: bool
    where: tuple[str, int, str] | None  # in debug mode: file and line of connect, and the receiver's name


def make_endpoint(table: Table, obj: Any, id: Hashable) -> Endpoint:
    """Make an endpoint without connections for an object with that identity."""
    end = Endpoint()
    end.id = id
    end.table = table
    end.only = end.many = None
    end.strong = 0
    end.heard = False
    kind = type(id)
    end.weak = kind is int or (kind is tuple and id[0] is not int)  # type: ignore[index]
    if end.weak:
        try:
            end.reference = _primitives.make_weakref(obj, end) if kind is int else make_ref(obj, end)
            return end
        except TypeError:
            end.weak = False
    end.reference = obj  # it has no weak references, or matches by value
    return end

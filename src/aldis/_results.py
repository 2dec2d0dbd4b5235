"""What the methods of signals return and raise."""

from __future__ import annotations

from collections import namedtuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

Connection = namedtuple("Connection", ("receiver", "sender", "weak", "where"))
Connection.__doc__ = "A connection, as :meth:`aldis.Signal.connections` lists it."
Connection.receiver.__doc__ = "The receiver."
Connection.sender.__doc__ = "The sender, or :data:`aldis.ANY`."
Connection.weak.__doc__ = "Whether the connection holds the receiver by a weak reference."
Connection.where.__doc__ = 'File and line that connected it, such as ``"shop.py:12"``, in debug mode. Otherwise None.'

Call = namedtuple("Call", ("sender", "kwargs"))
Call.__doc__ = "A call of a receiver, as :meth:`aldis.Signal.captured` records it."
Call.sender.__doc__ = "The sender."
Call.kwargs.__doc__ = "The dictionary of keyword arguments."


class ReceiverErrors(ExceptionGroup[Exception]):
    """The exceptions of the receivers that failed. :meth:`Signal.send_all` raises it after it called all receivers.

    The exceptions are in order of connection. Each has a note that names its receiver.
    """

    results: list[tuple[Callable[..., Any], Any]]
    """The pairs of receiver and result of the receivers that returned."""

    def __new__(
        cls, message: str, exceptions: Sequence[Exception], results: list[tuple[Callable[..., Any], Any]] | None = None
    ) -> ReceiverErrors:
        self = super().__new__(cls, message, exceptions)
        self.results = [] if results is None else results
        return self

    def derive(self, exceptions: Sequence[Exception]) -> ReceiverErrors:
        return ReceiverErrors(self.message, exceptions, self.results)

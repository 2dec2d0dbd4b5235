"""What the methods of signals return and raise."""

from __future__ import annotations

from collections import namedtuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

__all__ = ["Call", "Connection", "ReceiverErrors"]

Connection = namedtuple("Connection", ("receiver", "sender", "weak", "where"))
Connection.__doc__ = "A connection, as :meth:`aldis.Signal.connections` lists it."
Call = namedtuple("Call", ("sender", "kwargs"))
Call.__doc__ = "A call of a receiver, as :meth:`aldis.Signal.captured` records it."
for _field, _doc in (
    (vars(Connection)["receiver"], "The receiver."),
    (vars(Connection)["sender"], "The sender, or :data:`aldis.ANY`."),
    (vars(Connection)["weak"], "Whether the connection holds the receiver by a weak reference."),
    (
        vars(Connection)["where"],
        'In debug mode, the file and line of the connect, such as ``"shop.py:12"``. Otherwise None.',
    ),
    (vars(Call)["sender"], "The sender."),
    (vars(Call)["kwargs"], "The dictionary of keyword arguments."),
):
    _field.__doc__ = _doc


class ReceiverErrors(ExceptionGroup[Exception]):
    """The exceptions of the receivers that failed. :meth:`Signal.send_all` raises it after it called all receivers.

    The exceptions are in order of connection. Each has a note that names its receiver.
    """

    results: list[tuple[Callable[..., Any], Any]]
    """The pairs of receiver and result of the receivers that returned."""

    def derive(self, excs: Sequence[Exception], /) -> ReceiverErrors:  # type: ignore[override]
        derived = ReceiverErrors(self.message, excs)
        derived.results = self.results
        return derived

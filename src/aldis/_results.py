"""What the methods of signals return and raise."""

from __future__ import annotations

from collections import namedtuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any
    from typing import NamedTuple as _Call
    from typing import NamedTuple as _Connection
else:  # importing typing takes long
    _Call = namedtuple("Call", ("sender", "kwargs"))
    _Connection = namedtuple("Connection", ("receiver", "sender", "weak", "where"))


class Connection(_Connection):
    """A connection, as :meth:`aldis.Signal.connections` lists it.

    ``sender`` may be :data:`aldis.ANY`. ``weak`` tells whether the connection holds the receiver by a weak reference.
    In debug mode, ``where`` is the file and line of the connect, such as ``"shop.py:12"``. Otherwise it is None.
    """

    receiver: Callable[..., Any]
    sender: Any
    weak: bool
    where: str | None


class Call(_Call):
    """A call of a receiver, as :meth:`aldis.Signal.captured` records it: the sender and the keyword arguments."""

    sender: Any
    kwargs: dict[str, Any]


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

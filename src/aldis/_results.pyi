from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Self

__all__ = ["Call", "Connection", "ReceiverErrors"]

class Connection(NamedTuple):
    receiver: Callable[..., Any]
    sender: Any
    weak: bool
    where: str | None

class Call(NamedTuple):
    sender: Any
    kwargs: dict[str, Any]

class ReceiverErrors(ExceptionGroup[Exception]):
    results: list[tuple[Callable[..., Any], Any]]
    def __new__(
        cls, message: str, exceptions: Sequence[Exception], results: list[tuple[Callable[..., Any], Any]] | None = None
    ) -> Self: ...
    def derive(self, exceptions: Sequence[Exception], /) -> ReceiverErrors: ...  # type: ignore[override]

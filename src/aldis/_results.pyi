from collections.abc import Callable
from typing import Any, NamedTuple

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

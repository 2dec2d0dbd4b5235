"""Report each receiver that takes long."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import aldis

LIMIT = 0.05  # seconds


@contextmanager
def watch(signal: aldis.Signal[Any], receiver: Callable[..., Any]) -> Iterator[None]:
    begin = time.perf_counter()
    try:
        yield
    finally:
        seconds = time.perf_counter() - begin
        if seconds > LIMIT:
            print(f"{receiver.__qualname__} took {seconds:.1f} s for {signal!r}")


def hook(
    signal: aldis.Signal[Any],
    receiver: Callable[..., Any],
    sender: object,
    kwargs: dict[str, Any],
) -> AbstractContextManager[None]:
    return watch(signal, receiver)


# An example

order_placed = aldis.signal("order-placed")


@order_placed.connect
def count(sender: str, **extra: object) -> None:
    pass


@order_placed.connect
def print_receipt(sender: str, **extra: object) -> None:
    time.sleep(0.1)


if __name__ == "__main__":
    undo = aldis.trace(hook)
    order_placed.send("shop")
    undo()
    order_placed.send("shop")

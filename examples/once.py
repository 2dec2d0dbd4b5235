"""Connect a receiver for one call only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aldis


def connect_once(
    signal: aldis.Signal[Any],
    receiver: Callable[..., Any],
    sender: object = aldis.ANY,
) -> None:
    def once(sender: object, **kwargs: Any) -> Any:
        signal.disconnect(once)
        return receiver(sender, **kwargs)

    signal.connect(once, sender, weak=False)


# An example

started = aldis.signal("started")


def greet(sender: str, **extra: object) -> None:
    print(f"{sender} has started for the first time")


if __name__ == "__main__":
    connect_once(started, greet)
    started.send("engine")
    started.send("engine")

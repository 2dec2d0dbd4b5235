"""Mute every signal of a namespace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import aldis


@contextmanager
def muted(namespace: aldis.Namespace) -> Iterator[None]:
    with ExitStack() as stack:
        for signal in namespace.values():
            stack.enter_context(signal.muted())
        yield


# An example

signals = aldis.Namespace()
saved = signals.signal("saved")
deleted = signals.signal("deleted")


@saved.connect
@deleted.connect
def log(sender: str, **extra: object) -> None:
    print(f"a change of {sender}")


if __name__ == "__main__":
    with muted(signals):
        saved.send("a draft")
        deleted.send("a draft")
    saved.send("a letter")

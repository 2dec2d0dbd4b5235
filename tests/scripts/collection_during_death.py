"""Run the garbage collector when it reaches an object whose death has begun. ARGUMENT: what dies."""

import gc
import sys
from collections.abc import Callable
from types import MethodType
from typing import Any

import aldis


class Thing:
    def __call__(self, sender: object) -> None: ...

    def method(self, sender: object) -> None: ...


def function() -> Any:
    def receiver(*senders: object) -> None: ...

    return receiver


def garbage(thing: Any) -> Any:
    thing.itself = thing
    return thing


stays, kept = Thing(), []
CONNECT: dict[str, Callable[[Any, Any], Any]] = {
    "sender": lambda signal, mortal: signal.connect(garbage(function()), mortal),
    "receiver": lambda signal, mortal: signal.connect(mortal, garbage(Thing())),
    "instance": lambda signal, mortal: signal.connect(mortal.method, garbage(Thing())),
    "function": lambda signal, mortal: signal.connect(MethodType(mortal, stays), garbage(Thing())),
}
connect = CONNECT[sys.argv[1]]
for _ in range(10):
    mortal = function() if sys.argv[1] == "function" else Thing()
    gc.disable()
    gc.collect()
    kept.clear()
    for _ in range(4):
        signal = aldis.Signal()
        kept.append(signal)
        connect(signal, mortal)
    del signal
    # No tuple is left in CPython's free lists, so that the next one is allocated and starts a collection.
    left = [[] for _ in range(5000)], [(None,) * size for size in range(20) for _ in range(2500)]
    gc.enable()
    del mortal
    left = [bytearray(b"\xff" * 88) for _ in range(2000)]  # overwrites freed memory

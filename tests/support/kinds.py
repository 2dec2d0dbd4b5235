"""The kinds of receivers and senders of the differential test.

Each object has a name, ``kind/generation``: when ``method/1`` has died, ``method/2`` may follow, often with the same
identity. It carries the name as its tag, so that the test can tell what was called without holding it.
"""

from __future__ import annotations

import enum
import sys
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from support.helpers import TYPES_DIE

PYPY = sys.implementation.name == "pypy"


class Stop(BaseException):
    """Raised by some receivers and observers, like a ``KeyboardInterrupt``."""


RAISED: dict[str, type[BaseException]] = {"raiser": ZeroDivisionError, "breaker": Stop}  # by kind of receiver

# Receivers


class CallLog:
    """What the receivers of one subject know of the current send, and what they record of it."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.sender: object = None
        self.keywords: dict[str, Any] = {}
        self.act: Callable[[], None] | None = None

    def enter(self, tag: str, sender: object, keywords: dict[str, Any]) -> str:
        right = sender is self.sender and keywords == self.keywords
        keywords["own"] = True  # must not reach the next receiver
        self.calls.append(tag if right else f"{tag}, with wrong arguments")
        if self.act is not None:
            act, self.act = self.act, None
            act()
        if tag.partition("/")[0] in RAISED:
            raise RAISED[tag.partition("/")[0]]
        return tag


class Tagged:
    def __init__(self, tag: str, log: CallLog) -> None:
        self.tag = tag
        self.log = log

    def method(self, sender: object, /, **keywords: Any) -> str:
        return self.log.enter(self.tag, sender, keywords)

    async def coroutine_method(self, sender: object, /, **keywords: Any) -> str:
        return self.log.enter(self.tag, sender, keywords)


class Instance(Tagged):
    """Equal to everything and unhashable, which must not matter."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]

    __call__ = Tagged.method


class CoroutineInstance(Tagged):
    __call__ = Tagged.coroutine_method


class Unweakable:
    """Cannot be weakly referenced, so it reports its death itself."""

    __slots__ = ("died", "log", "tag")

    def __init__(self, tag: str, log: CallLog, died: list[str]) -> None:
        self.tag = tag
        self.log = log
        self.died = died

    def __call__(self, sender: object, /, **keywords: Any) -> str:
        return self.log.enter(self.tag, sender, keywords)

    def __del__(self) -> None:
        self.died.append(self.tag)


class Items(list[object]):
    tag = ""


def tagged(receiver: Any, tag: str) -> Any:
    receiver.tag = tag
    return receiver


def make_function(tag: str, log: CallLog) -> Any:
    def function(sender: object, /, **keywords: Any) -> str:
        return log.enter(tag, sender, keywords)

    return tagged(function, tag)


def make_coroutine_function(tag: str, log: CallLog) -> Any:
    async def function(sender: object, /, **keywords: Any) -> str:
        return log.enter(tag, sender, keywords)

    return tagged(function, tag)


def make_type(tag: str, log: CallLog) -> Any:
    def __init__(self: object, sender: object, /, **keywords: Any) -> None:
        log.enter(tag, sender, keywords)

    return type("Event", (), {"tag": tag, "__init__": __init__})


def make_cycle(tag: str, log: CallLog) -> Any:
    """Return an object that only the garbage collector frees."""
    made: Any = Tagged(tag, log)
    made.itself = made.method
    return made


class Kind(NamedTuple):
    """A kind of receiver: how to make the object that keeps it alive, and how to get the receiver from that object."""

    make: Callable[[str, CallLog, list[str]], Any]
    look_up: Callable[[Any], Any] = lambda kept: kept
    coroutine: bool = False
    weakable: bool = True
    builtin: bool = False  # a new object at each look-up, takes no keywords, and does not use the log
    transient: bool = False  # dies at once unless it is held strongly


KINDS = {
    "function": Kind(lambda tag, log, died: make_function(tag, log)),
    "raiser": Kind(lambda tag, log, died: make_function(tag, log)),
    "breaker": Kind(lambda tag, log, died: make_function(tag, log)),
    "cycle": Kind(lambda tag, log, died: make_cycle(tag, log), lambda kept: kept.method),
    "method": Kind(lambda tag, log, died: Tagged(tag, log), lambda kept: kept.method),
    "partial": Kind(lambda tag, log, died: tagged(partial(make_function(tag, log)), tag)),
    "instance": Kind(lambda tag, log, died: Instance(tag, log)),
    "unweakable": Kind(Unweakable, weakable=False),
    "type": Kind(lambda tag, log, died: make_type(tag, log)),
    "builtin": Kind(lambda tag, log, died: tagged(Items(), tag), lambda kept: kept.count, builtin=True),
    "builtin of a list": Kind(lambda tag, log, died: [tag], lambda kept: kept.count, builtin=True, transient=True),
    "coroutine function": Kind(lambda tag, log, died: make_coroutine_function(tag, log), coroutine=True),
    "coroutine instance": Kind(lambda tag, log, died: CoroutineInstance(tag, log), coroutine=True),
}
if PYPY:  # every instance has weak references, and a bound builtin often cannot be told from a function
    del KINDS["unweakable"], KINDS["builtin"], KINDS["builtin of a list"]
if not TYPES_DIE:
    del KINDS["type"]


def kind_of(tag: str) -> Kind:
    return KINDS[tag.partition("/")[0]]


def tag_of(receiver: Any) -> str:
    kept = getattr(receiver, "__self__", receiver)
    tag: str = kept[0] if type(kept) is list else getattr(kept, "tag", "no receiver")
    return tag


# Senders


class Number(enum.IntEnum):
    ZERO = 0
    ONE = 1


# The key, which senders that match each other share, and the sender
VALUES: dict[str, tuple[str, object]] = {
    "None": ("None", None),
    "red": ("red", "red"),
    "red again": ("red", "".join(["r", "ed"])),
    "bytes": ("bytes", b"red"),
    "1": ("1", 1),
    "True": ("1", True),
    "Number.ONE": ("1", Number.ONE),
    "1.0": ("1.0", 1.0),
    "0": ("0", 0),
    "False": ("0", False),
    "Number.ZERO": ("0", Number.ZERO),
    "-1": ("-1", -1),
    "large": ("large", 2**70),
    "large again": ("large", 2**70 + len("") * 1),
}
UNWEAKABLE = ("list", "tuple") if PYPY else ("list", "tuple", "unweakable")
MORTALS = ("object", "cycle", "method of", "unhashable", *UNWEAKABLE)
SENDERS = ["ANY", *VALUES, *(f"{kind}/1" for kind in MORTALS)]


def key_of(sender: str) -> str:
    return VALUES[sender][0] if sender in VALUES else sender


def make_sender(tag: str, log: CallLog, died: list[str]) -> Any:
    kind = tag.partition("/")[0]
    if kind == "unweakable":
        return Unweakable(f"sender {tag}", log, died)
    if kind == "cycle":
        return make_cycle(tag, log)
    return {"list": [tag], "tuple": (tag, log), "unhashable": Instance(tag, log)}.get(kind) or Tagged(tag, log)

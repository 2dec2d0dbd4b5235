"""The contestants of the differential test, and what is expected of them.

``Party`` is a signal of one of them, with receivers and senders of its own. ``Model`` says in the fewest words what
aldis promises, and both cores must equal it exactly, order included. ``Blinker`` is the same model but for the rows in
which blinker 1.9.0 differs, each of them told by the method that models it, and blinker must equal that. What is not
overridden in ``Blinker`` is therefore what the three have in common.
"""

from __future__ import annotations

import enum
import gc
import importlib.metadata
import importlib.util
import inspect
import sys
import threading
import types
import weakref
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from copy import copy
from functools import partial
from typing import Any, NamedTuple
from unittest import mock

from dispatch import TYPES_DIE, awaitable, blocking, finish


def real_blinker() -> types.ModuleType:
    """Return blinker 1.9.0 under a name of its own, whatever ``import blinker`` gives in this process."""
    assert importlib.metadata.version("blinker") == "1.9.0"
    file = importlib.metadata.distribution("blinker").locate_file("blinker/__init__.py")
    spec = importlib.util.spec_from_file_location("blinker_1_9_0", str(file))
    assert spec is not None and spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Stop(BaseException):
    """Raised by some receivers, as ``KeyboardInterrupt`` may be."""


# What receivers of some kinds raise, in the midst of a dispatch.
RAISED: dict[str, type[BaseException]] = {"raiser": ZeroDivisionError, "breaker": Stop}


# Receivers. Each carries its name as a tag, so that it can be named without being held.


class Stage:
    """What the receivers of one contestant know of the send that is going on."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.sender: object = None
        self.keywords: dict[str, Any] = {}
        self.act: Callable[[], None] | None = None

    def enter(self, tag: str, sender: object, keywords: dict[str, Any]) -> str:
        right = sender is self.sender and keywords == self.keywords
        keywords["mine"] = True  # what a receiver gets is its own
        self.calls.append(tag if right else f"{tag}, with wrong arguments")
        if self.act is not None:
            act, self.act = self.act, None
            act()
        if tag.partition("/")[0] in RAISED:
            raise RAISED[tag.partition("/")[0]]
        return tag


class Tagged:
    def __init__(self, tag: str, stage: Stage) -> None:
        self.tag = tag
        self.stage = stage

    def method(self, sender: object, /, **keywords: Any) -> str:
        return self.stage.enter(self.tag, sender, keywords)

    async def coroutine_method(self, sender: object, /, **keywords: Any) -> str:
        return self.stage.enter(self.tag, sender, keywords)


class Instance(Tagged):
    """Equal to everything and unhashable, which must not matter."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]

    __call__ = Tagged.method


class CoroutineInstance(Tagged):
    __call__ = Tagged.coroutine_method


class Unweakable:
    """Cannot be weakly referenced, so it tells of its end itself."""

    __slots__ = ("ended", "stage", "tag")

    def __init__(self, tag: str, stage: Stage, ended: list[str]) -> None:
        self.tag = tag
        self.stage = stage
        self.ended = ended

    def __call__(self, sender: object, /, **keywords: Any) -> str:
        return self.stage.enter(self.tag, sender, keywords)

    def __del__(self) -> None:
        self.ended.append(self.tag)


class Items(list[object]):
    tag = ""


def make_function(tag: str, stage: Stage) -> Any:
    def function(sender: object, /, **keywords: Any) -> str:
        return stage.enter(tag, sender, keywords)

    function.tag = tag  # type: ignore[attr-defined]
    return function


def make_coroutine_function(tag: str, stage: Stage) -> Any:
    async def function(sender: object, /, **keywords: Any) -> str:
        return stage.enter(tag, sender, keywords)

    function.tag = tag  # type: ignore[attr-defined]
    return function


def make_type(tag: str, stage: Stage) -> Any:
    def __init__(self: object, sender: object, /, **keywords: Any) -> None:
        stage.enter(tag, sender, keywords)

    def handle(cls: type, sender: object, /, **keywords: Any) -> str:
        return stage.enter(tag, sender, keywords)

    return type("Event", (), {"tag": tag, "__init__": __init__, "handle": classmethod(handle)})


def make_partial(function: Any, tag: str) -> Any:
    made = partial(function)
    made.tag = tag  # type: ignore[attr-defined]
    return made


def make_mock(kind: type[mock.Mock], tag: str, stage: Stage) -> Any:
    def side_effect(sender: object, /, **keywords: Any) -> str:
        made.reset_mock()  # or it would keep its senders alive
        return stage.enter(tag, sender, keywords)

    made = kind(side_effect=side_effect)
    made.tag = tag
    return made


def make_cycle(tag: str, stage: Stage) -> Any:
    """Return what dies only by a collection."""
    made: Any = Tagged(tag, stage)
    made.itself = made.method
    return made


def make_items(tag: str) -> Items:
    made = Items()
    made.tag = tag
    return made


class Kind(NamedTuple):
    """A kind of receivers: what has to be kept to keep one alive, and how it is looked up from that."""

    make: Callable[[str, Stage, list[str]], Any]
    look_up: Callable[[Any], Any] = lambda kept: kept
    coroutine: bool = False
    weakable: bool = True
    builtin: bool = False  # is made anew at each look-up, takes no keywords, and cannot take part in a Stage
    transient: bool = False  # and dies at once where nothing else holds it


KINDS = {
    "function": Kind(lambda tag, stage, ended: make_function(tag, stage)),
    "raiser": Kind(lambda tag, stage, ended: make_function(tag, stage)),
    "breaker": Kind(lambda tag, stage, ended: make_function(tag, stage)),
    "cycle": Kind(lambda tag, stage, ended: make_cycle(tag, stage), lambda kept: kept.method),
    "method": Kind(lambda tag, stage, ended: Tagged(tag, stage), lambda kept: kept.method),
    "classmethod": Kind(lambda tag, stage, ended: make_type(tag, stage), lambda kept: kept.handle),
    "partial": Kind(lambda tag, stage, ended: make_partial(make_function(tag, stage), tag)),
    "instance": Kind(lambda tag, stage, ended: Instance(tag, stage)),
    "unweakable": Kind(Unweakable, weakable=False),
    "type": Kind(lambda tag, stage, ended: make_type(tag, stage)),
    "mock": Kind(lambda tag, stage, ended: make_mock(mock.Mock, tag, stage)),
    "builtin": Kind(lambda tag, stage, ended: make_items(tag), lambda kept: kept.count, builtin=True),
    "coroutine function": Kind(lambda tag, stage, ended: make_coroutine_function(tag, stage), coroutine=True),
    "coroutine method": Kind(
        lambda tag, stage, ended: Tagged(tag, stage), lambda kept: kept.coroutine_method, coroutine=True
    ),
    "coroutine partial": Kind(
        lambda tag, stage, ended: make_partial(make_coroutine_function(tag, stage), tag), coroutine=True
    ),
    "coroutine mock": Kind(lambda tag, stage, ended: make_mock(mock.AsyncMock, tag, stage), coroutine=True),
    "coroutine instance": Kind(lambda tag, stage, ended: CoroutineInstance(tag, stage), coroutine=True),
}
PYPY = sys.implementation.name == "pypy"
if PYPY:  # there are weak references to all instances, and few know whether a bound builtin is a method
    del KINDS["unweakable"], KINDS["builtin"]
else:
    KINDS["builtin of a list"] = Kind(
        lambda tag, stage, ended: [tag], lambda kept: kept.count, builtin=True, transient=True
    )
if not TYPES_DIE:
    del KINDS["type"], KINDS["classmethod"], KINDS["coroutine mock"]  # whose class refers to it
GENERATIONS = 3  # of each receiver and each mortal sender: when one has died, the next is made


def kind_of(tag: str) -> Kind:
    return KINDS[tag.partition("/")[0]]


def tag_of(receiver: Any) -> str:
    kept = getattr(receiver, "__self__", receiver)
    tag: str = kept[0] if type(kept) is list else getattr(kept, "tag", "no receiver")
    return tag


# Senders. Those that match by value share a key.


class Number(enum.IntEnum):
    ZERO = 0
    ONE = 1


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
BADLY = ["not callable", "not callable, strongly", "unhashable sender"] + ([] if PYPY else ["not weakly"])
SENDERS = ["ANY", "landmark", "id of landmark", *VALUES, *(f"{kind}/1" for kind in MORTALS)]


def key_of(sender: str) -> str:
    return VALUES[sender][0] if sender in VALUES else sender


def make_sender(tag: str, stage: Stage, ended: list[str]) -> Any:
    kind = tag.partition("/")[0]
    if kind == "unweakable":
        return Unweakable(f"sender {tag}", stage, ended)
    if kind == "cycle":
        return make_cycle(tag, stage)
    return {"list": [tag], "tuple": (tag, stage), "unhashable": Instance(tag, stage)}.get(kind) or Tagged(tag, stage)


# What an action in the midst of a dispatch is: the name of an operation, and its arguments.
Act = tuple[str, tuple[Any, ...]]


class Sent(NamedTuple):
    """What became of a send: the error that ended it, the receivers called, and whether the act took place."""

    error: str | None
    called: list[str]
    acted: bool


# What observers raise.
ERRORS: dict[str, type[BaseException]] = {"TypeError": TypeError, "ValueError": ValueError, "Stop": Stop}


class Party:
    """A contestant: a signal, with receivers and senders of its own, since their lives differ with the signal."""

    def __init__(self, signals: types.ModuleType, ahead: bool, observed: bool) -> None:
        self.signal = signals.Signal()
        self.stage = Stage()
        self.ended: list[str] = []
        self.kept: dict[str, Any] = {}  # what keeps a receiver or a sender alive
        self.probes: dict[str, Callable[[], bool]] = {}  # is it alive?
        self.stock: dict[str, Any] | None = {} if ahead else None
        self.for_ever: list[object] = []  # see Blinker.for_ever
        self.blocks: list[AbstractContextManager[None]] = []
        self.saved: Any = None
        self.events: list[tuple[str, str, str]] = []
        self.landmark = Tagged("landmark", self.stage)
        self.values = {name: value for name, (_, value) in VALUES.items()}
        self.values |= {"ANY": signals.ANY, "landmark": self.landmark, "id of landmark": id(self.landmark)}
        if observed:
            self.signal.receiver_connected.connect(self.on_connected)
            self.signal.receiver_disconnected.connect(self.on_disconnected)

    def on_connected(self, signal: Any, receiver: Any, sender: Any, weak: bool) -> None:
        self.events.append(("connected", tag_of(receiver), str(weak)))

    def on_disconnected(self, signal: Any, receiver: Any, sender: Any) -> None:
        self.events.append(("disconnected", tag_of(receiver), ""))

    # Life and death

    def make(self, name: str) -> Any:
        if name.startswith("sender "):
            return make_sender(name.partition(" ")[2], self.stage, self.ended)
        return kind_of(name).make(name, self.stage, self.ended)

    def begin(self, name: str) -> None:
        if self.stock is None:
            made = self.make(name)
        else:
            if name not in self.stock:  # all generations at once
                self.stock |= {f"{name[:-1]}{n}": self.make(f"{name[:-1]}{n}") for n in range(1, GENERATIONS + 1)}
            made = self.stock.pop(name)
            if name.startswith("sender ") and name[7:].startswith(UNWEAKABLE):
                self.for_ever.append(made)
        self.kept[name] = made
        try:
            reference = weakref.ref(made)
            self.probes[name] = lambda: reference() is not None
        except TypeError:
            if isinstance(made, Unweakable):
                self.probes[name] = lambda: name not in self.ended

    def drop(self, name: str) -> None:
        del self.kept[name]

    def die(self, name: str) -> None:
        self.drop(name)
        if self.is_alive(name):
            gc.collect()

    def is_alive(self, name: str) -> bool:
        return name in self.probes and self.probes[name]()

    def receiver(self, name: str, weak: bool = True) -> Any:
        kind = kind_of(name)
        found = kind.look_up(self.kept[name])
        if kind.builtin and not weak and self.stock is not None:
            self.for_ever.append(found)
        return found

    def sender(self, name: str) -> Any:
        if name in self.values:
            return self.values[name]
        kept = self.kept[f"sender {name}"]
        return kept.method if name.startswith("method of") else kept

    # Operations, under the same names as the model's

    def connect(self, receiver: str, sender: str, weak: bool) -> str | None:
        return self.attempt(lambda: self.signal.connect(self.receiver(receiver, weak), self.sender(sender), weak))

    def connect_in_vain(self, receiver: str, sender: str, weak: bool, error: str) -> str | None:
        def refuse(signal: Any, **keywords: Any) -> None:
            raise ERRORS[error]

        events = self.events.copy()
        with self.signal.receiver_connected.connected_to(refuse):
            raised = self.connect(receiver, sender, weak)
        self.events = events  # who had heard of it before it was refused is of no concern
        return raised

    def connect_badly(self, receiver: str, how: str) -> str | None:
        if how == "not callable":
            return self.attempt(lambda: self.signal.connect(42))
        if how == "not callable, strongly":
            events = self.events.copy()
            raised = self.attempt(lambda: self.signal.connect(42, weak=False))
            self.signal.disconnect(42)
            self.events = events
            return raised
        if how == "not weakly":
            return self.attempt(lambda: self.signal.connect(Unweakable("nobody", self.stage, [])))
        assert how == "unhashable sender"
        return self.attempt(
            lambda: self.signal.connect(self.receiver(receiver, False), UnhashableStr("unhashable"), weak=False)
        )

    def disconnect(self, receiver: str, sender: str) -> None:
        self.signal.disconnect(self.receiver(receiver), self.sender(sender))

    def disconnect_in_vain(self, receiver: str, sender: str, error: str) -> str | None:
        def refuse(signal: Any, **keywords: Any) -> None:
            raise ERRORS[error]

        events = self.events.copy()
        with self.signal.receiver_disconnected.connected_to(refuse):
            raised = self.attempt(lambda: self.disconnect(receiver, sender))
        self.events = events
        return raised

    def elsewhere(self, operation: str, *arguments: Any) -> Any:
        """Do it in another thread."""
        return self.at_once([lambda: getattr(self, operation)(*arguments)])[0]

    def at_once(self, operations: list[Callable[[], Any]]) -> list[Any]:
        """Do each in a thread of its own, and return what they return."""
        results: list[Any] = [None] * len(operations)
        start = threading.Barrier(len(operations))

        def work(position: int) -> None:
            start.wait(60)
            results[position] = operations[position]()

        threads = [threading.Thread(target=work, args=(position,), daemon=True) for position in range(len(operations))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
            assert not thread.is_alive()
        return results

    def send_at_once(self, sender: str) -> list[Sent]:
        """Send twice at the same time. Who was called before an error is not known of each."""

        def send() -> Sent:
            found: list[str] = []

            def attempt() -> None:
                for receiver, result in self.signal.send(self.stage.sender, _async_wrapper=blocking):
                    found.append(tag_of(receiver))
                    if inspect.iscoroutine(result):
                        result.close()  # see Blinker.coroutine

            error = self.attempt(attempt)
            return Sent(error, [] if error else found, False)

        self.stage.sender, self.stage.keywords = self.sender(sender), {}
        try:
            return self.at_once([send] * 2)
        finally:
            self.stage.sender = None

    def collect(self) -> None:
        gc.collect()

    def send(self, sender: str, method: str, wrapped: bool, keywords: dict[str, int], act: Act | None) -> Sent:
        stage = self.stage
        stage.calls.clear()
        stage.sender, stage.keywords = self.sender(sender), keywords
        stage.act = (lambda: getattr(self, act[0])(*act[1])) if act else None
        found: list[Any] = []

        def attempt() -> None:
            if method == "send":
                wrapper = {"_async_wrapper": blocking} if wrapped else {}
                found.extend(self.signal.send(stage.sender, **wrapper, **keywords))
            else:
                wrapper = {"_sync_wrapper": awaitable} if wrapped else {}
                found.extend(finish(self.signal.send_async(stage.sender, **wrapper, **keywords)))

        error = self.attempt(attempt)
        acted = act is not None and stage.act is None
        stage.act = stage.sender = None
        if error:
            return Sent(error, stage.calls.copy(), acted)
        called = []
        spoke = []
        for receiver, result in found:
            tag = tag_of(receiver)
            called.append(tag)
            if self.stock is not None and inspect.iscoroutine(result):
                result.close()  # see Blinker.coroutine
            elif kind_of(tag).builtin:
                assert type(result) is int
            else:
                assert getattr(result, "tag", result) == tag
                spoke.append(tag)
        assert spoke == stage.calls
        return Sent(None, called, acted)

    def iterate(self, sender: str, steps: int, act: Act) -> list[str]:
        receivers = self.signal.receivers_for(self.sender(sender))
        assert inspect.isgenerator(receivers)
        found = [tag_of(receiver) for _, receiver in zip(range(steps), receivers)]
        getattr(self, act[0])(*act[1])
        return found + [tag_of(receiver) for receiver in receivers]

    def enter_muted(self) -> None:
        self.enter(self.signal.muted())

    def enter_connected_to(self, receiver: str, sender: str) -> str | None:
        return self.attempt(lambda: self.enter(self.signal.connected_to(self.receiver(receiver), self.sender(sender))))

    def enter(self, block: AbstractContextManager[None]) -> None:
        self.blocks.append(nullcontext())
        block.__enter__()
        self.blocks[-1] = block

    def leave(self) -> None:
        self.blocks.pop().__exit__(None, None, None)

    def mute(self, muted: bool) -> None:
        self.signal.is_muted = muted

    def clear(self) -> None:
        self.signal.receivers.clear()

    def assign_empty(self) -> None:
        self.signal.receivers = {}

    def take_out(self, receiver: str) -> None:
        receivers = self.signal.receivers
        for key in [key for key, value in receivers.items() if shown_tag(value) == receiver]:
            del receivers[key]

    def put(self, receiver: str, other: str) -> None:
        receivers = self.signal.receivers
        for key in [key for key, value in receivers.items() if shown_tag(value) == receiver]:
            receivers[key] = self.receiver(other)

    def save(self, copied: bool) -> None:
        self.saved = copy(self.signal.receivers) if copied else self.signal.receivers
        if not copied:
            self.signal.receivers = {}

    def restore(self) -> None:
        self.signal.receivers, self.saved = self.saved, None

    def forget_saved(self) -> None:
        self.saved = None

    def clear_state(self) -> None:
        self.signal._clear_state()

    # Observations, likewise

    def has(self, sender: str) -> bool:
        found = self.signal.has_receivers_for(self.sender(sender))
        assert isinstance(found, bool)
        return found

    def found_for(self, sender: str) -> list[str]:
        return [tag_of(receiver) for receiver in self.signal.receivers_for(self.sender(sender))]

    def shown(self) -> list[str | None]:
        assert isinstance(self.signal.receivers, dict)
        return [shown_tag(value) for value in self.signal.receivers.values()]

    def is_muted(self) -> bool:
        return bool(self.signal.is_muted)

    def attempt(self, operation: Callable[[], object]) -> str | None:
        """Return the name of the error, which must not be kept: its traceback would keep the receivers alive."""
        try:
            operation()
        except (Exception, Stop) as error:
            return type(error).__name__
        return None


class UnhashableStr(str):
    __hash__ = None  # type: ignore[assignment]


def shown_tag(value: Any) -> str | None:
    if isinstance(value, weakref.ref):
        value = value()
    return None if value is None else tag_of(value)


class Model:
    """What aldis promises."""

    def __init__(self, observed: bool) -> None:
        self.observed = observed
        self.program: set[str] = set()  # the receivers, and "sender …", that the program holds
        self.pairs: dict[tuple[str, str], bool] = {}  # (receiver, key of the sender): strong? In order of connection.
        self.shown: dict[str, tuple[str, bool]] = {}  # who is called in the receiver's place: held strongly?
        self.saved: dict[str, tuple[str, bool]] = {}
        self.blocks: list[tuple[Any, ...]] = []
        self.mutes: set[object] = set()
        self.events: list[tuple[str, str, str]] = []

    def key(self, sender: str) -> str:
        return key_of(sender)

    def coroutine(self, receiver: str) -> bool:
        return kind_of(receiver).coroutine

    def speaks(self, receiver: str) -> bool:
        """Can the receiver take part in a Stage?"""
        return not kind_of(receiver).builtin

    def transient(self, receiver: str) -> bool:
        return kind_of(receiver).transient

    # Life and death

    def begin(self, name: str) -> None:
        self.program.add(name)

    def drop(self, name: str) -> None:
        self.program.discard(name)

    def holds(self, receiver: str) -> bool:
        return (
            (receiver in self.program and not self.transient(receiver))
            or (receiver, True) in [*self.shown.values(), *self.saved.values()]
            or any(block[:2] == ("connected_to", receiver) for block in self.blocks)
            or self.holds_unweakable(receiver)
        )

    def holds_unweakable(self, receiver: str) -> bool:
        return not kind_of(receiver).weakable and any(receiver == r for r, _ in self.pairs)

    def holds_sender(self, sender: str) -> bool:
        return (
            f"sender {sender}" in self.program
            or any(block[:1] + block[2:3] == ("connected_to", sender) for block in self.blocks)
            or (sender.startswith(UNWEAKABLE) and any(sender == key for _, key in self.pairs))
        )

    def settle(self) -> None:
        """A sender that nobody holds is forgotten, and so is a receiver, unless another was put in its place."""
        for pair in [pair for pair in self.pairs if pair[1].startswith(MORTALS) and not self.holds_sender(pair[1])]:
            self.unlink(pair)
        gone = {r for r, _ in self.pairs if not self.holds(r) and self.shown.get(r, (r,))[0] == r}
        for pair in [pair for pair in self.pairs if pair[0] in gone]:
            self.unlink(pair)

    # Operations

    def is_strong(self, receiver: str) -> bool:
        return any(strong for (r, _), strong in self.pairs.items() if r == receiver)

    def link(self, receiver: str, key: str, strong: bool) -> None:
        self.pairs[receiver, key] = strong
        self.shown[receiver] = (receiver, self.is_strong(receiver))

    def unlink(self, pair: tuple[str, str]) -> None:
        receiver = pair[0]
        strong = self.pairs.pop(pair)
        if all(r != receiver for r, _ in self.pairs):
            self.shown.pop(receiver, None)
        elif strong and not self.is_strong(receiver):
            self.show_again(receiver)

    def show_again(self, receiver: str) -> None:
        """Show the receiver as strongly as it is connected now, unless it was taken out or replaced from outside."""
        if self.shown.get(receiver, ("",))[0] == receiver:
            self.shown[receiver] = (receiver, self.is_strong(receiver))

    def restore_pair(self, pair: tuple[str, str], before: bool | None) -> None:
        if pair not in self.pairs:
            return
        if before is None:
            self.unlink(pair)
        else:
            self.pairs[pair] = before
            self.show_again(pair[0])

    def event(self, what: str, receiver: str, weak: str) -> None:
        if self.observed:
            self.events.append((what, receiver, weak))

    def connect(self, receiver: str, sender: str, weak: bool) -> str | None:
        if weak and not kind_of(receiver).weakable:
            return "TypeError"
        self.link(receiver, self.key(sender), not weak)
        self.event("connected", receiver, str(weak))
        return None

    def connect_in_vain(self, receiver: str, sender: str, weak: bool, error: str) -> str | None:
        if weak and not kind_of(receiver).weakable:
            return "TypeError"
        pair = (receiver, self.key(sender))
        before = self.pairs.get(pair)
        self.link(*pair, not weak)
        self.restore_pair(pair, before)
        return error

    def connect_badly(self, receiver: str, how: str) -> str | None:
        return "TypeError"

    def disconnect(self, receiver: str, sender: str) -> None:
        key = self.key(sender)
        for pair in [pair for pair in self.pairs if pair[0] == receiver and key in ("ANY", pair[1])]:
            self.unlink(pair)
        if key == "ANY":
            self.shown.pop(receiver, None)
        self.event("disconnected", receiver, "")

    def disconnect_in_vain(self, receiver: str, sender: str, error: str) -> str | None:
        events = self.events.copy()
        self.disconnect(receiver, sender)
        self.events = events
        return error

    def elsewhere(self, operation: str, *arguments: Any) -> Any:
        return getattr(self, operation)(*arguments)

    def collect(self) -> None:
        """Nothing is left to the collector."""

    def enter_muted(self) -> None:
        mute = object()
        self.mutes.add(mute)
        self.blocks.append(("muted", mute))

    def enter_connected_to(self, receiver: str, sender: str) -> str | None:
        pair = (receiver, self.key(sender))
        self.blocks.append(("connected_to", receiver, sender, pair, self.pairs.get(pair)))
        return self.connect(receiver, sender, weak=False)

    def leave(self) -> None:
        what, *details = self.blocks.pop()
        if what == "muted":
            self.mutes.discard(*details)
        elif what == "connected_to":
            self.leave_connected_to(*details)

    def leave_connected_to(self, receiver: str, sender: str, pair: tuple[str, str], before: bool | None) -> None:
        self.restore_pair(pair, before)
        if before is None:
            self.event("disconnected", receiver, "")

    def mute(self, muted: bool) -> None:
        if muted:
            self.mutes.add(True)
        else:
            self.mutes.clear()

    die = drop

    def clear(self) -> None:
        self.shown = {}

    assign_empty = clear

    def take_out(self, receiver: str) -> None:
        for r in self.in_place_of(receiver):
            del self.shown[r]

    def put(self, receiver: str, other: str) -> None:
        for r in self.in_place_of(receiver):
            self.shown[r] = (other, True)

    def in_place_of(self, receiver: str) -> list[str]:
        return [r for r, (target, _) in self.shown.items() if name_only(target) == receiver]

    def save(self, copied: bool) -> None:
        self.saved = self.shown.copy()
        if not copied:
            self.shown = {}

    def restore(self) -> None:
        self.shown, self.saved = self.saved, {}

    def forget_saved(self) -> None:
        self.saved = {}

    def clear_state(self) -> None:
        self.pairs = {}
        self.shown = {}

    # Dispatch

    def reached(self, sender: str) -> list[tuple[str, str]]:
        """Return receivers and who is called in their place, in order of connection."""
        keys = ("ANY", self.key(sender))
        return list({r: (r, self.shown[r][0]) for r, key in self.pairs if key in keys and r in self.shown}.values())

    def dispatch(self, sender: str) -> Iterator[str]:
        for receiver, target in self.reached(sender):
            connected = (receiver, "ANY") in self.pairs or (receiver, self.key(sender)) in self.pairs
            if connected and self.holds(target):
                yield target

    def do(self, act: Act) -> None:
        getattr(self, act[0])(*act[1])
        self.settle()

    def error(self, target: str, method: str, wrapped: bool, keywords: dict[str, int]) -> str | None:
        """Return what calling a receiver raises."""
        if self.coroutine(target) != (method == "send_async") and not wrapped:
            return "RuntimeError"
        if kind_of(target).builtin and keywords:
            return "TypeError"
        raised = RAISED.get(name_only(target).partition("/")[0])
        return raised.__name__ if raised else None

    def send(self, sender: str, method: str, wrapped: bool, keywords: dict[str, int], act: Act | None) -> Sent:
        called: list[str] = []
        acted = False
        for target in () if self.mutes else self.dispatch(sender):
            error = self.error(target, method, wrapped, keywords)
            if error is None or error in (raised.__name__ for raised in RAISED.values()):
                called.append(target)
                if act is not None and not acted and self.speaks(target):
                    acted = True
                    self.do(act)
            if error is not None:
                return Sent(error, [name for name in called if self.speaks(name)], acted)
        return Sent(None, called, acted)

    def check_send(self, sent: Sent, *arguments: Any) -> None:
        assert sent == self.send(*arguments)

    def check_send_at_once(self, found: list[Sent], sender: str) -> None:
        expected = self.send(sender, "send", True, {}, None)
        assert found == [expected if expected.error is None else Sent(expected.error, [], False)] * 2

    def iterate(self, sender: str, steps: int, act: Act) -> list[str]:
        receivers = self.dispatch(sender)
        found = [target for _, target in zip(range(steps), receivers)]
        self.do(act)
        return found + list(receivers)

    def check_iterate(self, found: list[str], *arguments: Any) -> None:
        assert found == self.iterate(*arguments)

    # Observations

    def has(self, sender: str) -> bool:
        return any(self.holds(target) for _, target in self.reached(sender))

    def check(self, party: Party, senders: list[str]) -> None:
        assert party.is_muted() == bool(self.mutes)
        assert party.events == self.events
        assert party.shown() == [target if self.holds(target) else None for target, _ in self.shown.values()]
        for sender in senders:
            assert party.has(sender) == self.has(sender)
            assert party.found_for(sender) == list(self.dispatch(sender))
        signal = party.signal
        alive = [pair for pair in self.pairs if self.holds(pair[0])]
        assert sum(map(len, signal._by_receiver.values())) == sum(map(len, signal._by_sender.values())) == len(alive)
        assert len(signal._by_receiver) == len({r for r, _ in alive})
        assert len(signal._by_sender) == len({key for _, key in alive})


def name_only(target: str) -> str:
    """Return the name of a receiver that blinker takes for several."""
    return target.partition("#")[0]


class Blinker(Model):
    """Where blinker 1.9.0 is not what aldis promises. Each method says which row of the list it models."""

    def __init__(self, observed: bool) -> None:
        super().__init__(observed)
        self.alive: set[str] = set()
        self.alive_senders: set[str] = set()
        self.buckets = {"ANY"}  # keys of senders of which traces are left
        self.watched: set[str] = set()  # keys of senders whose deaths will be noticed
        self.muted = False
        self.builtins = 0

    def key(self, sender: str) -> str:
        """0 and False are taken for ANY; a number is taken for the object whose id it is."""
        key = super().key(sender)
        return {"0": "ANY", "id of landmark": "landmark"}.get(key, key)

    def coroutine(self, receiver: str) -> bool:
        """An instance with ``async def __call__`` is taken for a plain function."""
        return super().coroutine(receiver) and not receiver.startswith("coroutine instance")

    def speaks(self, receiver: str) -> bool:
        return super().speaks(receiver) and not receiver.startswith("coroutine instance")

    def transient(self, receiver: str) -> bool:
        """A bound builtin is another receiver each time that it is looked up."""
        return kind_of(receiver).builtin

    def begin(self, name: str) -> None:
        super().begin(name)
        if name.startswith("sender "):
            self.alive_senders.add(name[7:])
        elif not self.transient(name):
            self.alive.add(name)

    def holds_unweakable(self, receiver: str) -> bool:
        """Only ``receivers`` holds a receiver; to take it out from there is to lose it."""
        return False

    def holds_sender(self, sender: str) -> bool:
        """A sender without weak references dies and leaves its connections to the next object with its id. That is
        left to chance, so here the program keeps such senders for ever."""
        return super().holds_sender(sender) or sender.startswith(UNWEAKABLE)

    def settle(self) -> None:
        """A death is noticed where the weak reference is still kept, and what was not noticed stays in the tables."""
        for sender in [name for name in self.alive_senders if not self.holds_sender(name)]:
            self.alive_senders.discard(sender)
            for pair in [pair for pair in self.pairs if pair[1] == sender]:
                del self.pairs[pair]
            if sender in self.watched:
                self.buckets.discard(sender)
        for receiver in [name for name in self.alive if not self.holds(name)]:
            self.alive.discard(receiver)
            if (receiver, False) in (self.shown.get(receiver), self.saved.get(receiver)):
                self.forget(receiver)

    def forget(self, receiver: str) -> None:
        for pair in [pair for pair in self.pairs if pair[0] == receiver]:
            del self.pairs[pair]
        self.shown.pop(receiver, None)

    def unlink(self, pair: tuple[str, str]) -> None:
        """After the last pair, ``receivers`` keeps the receiver, a strong one for ever."""
        del self.pairs[pair]

    def connect(self, receiver: str, sender: str, weak: bool) -> str | None:
        """Connecting to 0 or False: an ``AssertionError``, half-connected to ANY."""
        if weak and not kind_of(receiver).weakable:
            return "TypeError"
        self.link(receiver, self.key(sender), not weak)
        if sender != "ANY":
            if key_of(sender) == "0":
                return "AssertionError"
            if f"sender {sender}" in self.program and not sender.startswith(UNWEAKABLE):
                self.watched.add(sender)
        self.event("connected", receiver, str(weak))
        return None

    def link(self, receiver: str, key: str, strong: bool) -> None:
        """Strength belongs to the receiver: the last connection decides."""
        self.buckets.add(key)
        if self.transient(receiver):
            if not strong:
                return  # dead already
            self.builtins += 1
            receiver = f"{receiver}#{self.builtins}"
        self.pairs[receiver, key] = strong
        self.shown[receiver] = (receiver, strong)

    def connect_in_vain(self, receiver: str, sender: str, weak: bool, error: str) -> str | None:
        """A ``TypeError`` in a handler removes older connections too, a ``ValueError`` leaves the new one."""
        events = self.events.copy()
        raised = self.connect(receiver, sender, weak)
        if raised is None and error == "TypeError":
            same = f"{receiver}#{self.builtins}" if self.transient(receiver) and not weak else receiver
            self.disconnect(same, sender)
        self.events = events
        return raised or error

    def connect_badly(self, receiver: str, how: str) -> str | None:
        """What cannot be called can be connected strongly, and a failed connect leaves traces."""
        if how == "not callable, strongly":
            return None
        if how == "unhashable sender" and not self.transient(receiver):
            self.shown[receiver] = (receiver, True)
        elif how == "unhashable sender":
            self.builtins += 1
            self.shown[f"{receiver}#{self.builtins}"] = (f"{receiver}#{self.builtins}", True)
        return "TypeError"

    def disconnect(self, receiver: str, sender: str) -> None:
        """A sender that was disconnected leaves traces even where it was never connected."""
        key = self.key(sender)
        if key == "ANY":
            self.forget(receiver)
        else:
            self.pairs.pop((receiver, key), None)
            self.buckets.add(key)
        self.event("disconnected", receiver, "")

    def enter_muted(self) -> None:
        super().enter_muted()
        self.mute(True)

    def leave(self) -> None:
        """Leaving an inner ``muted()`` unmutes the outer one."""
        what = self.blocks[-1][0]
        super().leave()
        if what == "muted":
            self.mute(False)

    def mute(self, muted: bool) -> None:
        self.mutes = {True} if muted else set()

    def enter_connected_to(self, receiver: str, sender: str) -> str | None:
        raised = super().enter_connected_to(receiver, sender)
        if raised is not None:
            self.blocks[-1] = ("nothing",)
        return raised

    def leave_connected_to(self, receiver: str, sender: str, pair: tuple[str, str], before: bool | None) -> None:
        """Leaving ``connected_to`` removes all connections of the receiver."""
        self.disconnect(receiver, "ANY")

    def clear_state(self) -> None:
        super().clear_state()
        self.buckets = {"ANY"}
        self.watched = set()

    def has(self, sender: str) -> bool:
        """``has_receivers_for`` stays true where traces are left."""
        return bool(self.shown) and (
            any(key == "ANY" for _, key in self.pairs) or (sender != "ANY" and self.key(sender) in self.buckets)
        )

    def check_send(
        self, sent: Sent, sender: str, method: str, wrapped: bool, keywords: dict[str, int], act: Act | None
    ) -> None:
        """The order is undefined, so with an error anyone may have been called, and one whom an act concerns too.
        A disconnection from one sender is not seen by the dispatch that is going on."""
        concerned = self.concerned(act)
        targets = [] if self.mutes else list(self.dispatch(sender))
        errors, possible = (
            {error for target in chosen if (error := self.error(target, method, wrapped, keywords))}
            for chosen in ([target for target in targets if name_only(target) not in concerned], concerned)
        )
        expected = Counter(map(name_only, targets))
        called = Counter(sent.called)
        for name in concerned:
            del expected[name], called[name]
        if sent.error is not None:
            assert sent.error in errors | possible
            assert called <= expected
        else:
            assert not errors
            assert called == expected
            assert sent.acted == (act is not None and any(map(self.speaks, sent.called)))
        if sent.acted and act is not None:
            self.do(act)

    def check_send_at_once(self, found: list[Sent], sender: str) -> None:
        for sent in found:
            self.check_send(sent, sender, "send", True, {}, None)

    def check_iterate(self, found: list[str], sender: str, steps: int, act: Act) -> None:
        expected = Counter(map(name_only, self.dispatch(sender)))
        called = Counter(found)
        for name in self.concerned(act):
            del expected[name], called[name]
        assert called == expected
        self.do(act)

    def concerned(self, act: Act | None) -> set[str]:
        return {act[1][0], name_only(self.shown.get(act[1][0], (act[1][0],))[0])} if act and act[1] else set()

    def check(self, party: Party, senders: list[str]) -> None:
        """The order is undefined."""
        assert party.is_muted() == bool(self.mutes)
        assert party.events == self.events
        for sender in senders:
            assert party.has(sender) == self.has(sender)
            assert Counter(party.found_for(sender)) == Counter(map(name_only, self.dispatch(sender)))
        shown = Counter(name_only(target) for target, _ in self.shown.values() if self.holds(target))
        assert Counter(filter(None, party.shown())) == shown

"""The subjects of the differential test: a signal each, with its own receivers and senders."""

from __future__ import annotations

import gc
import inspect
import types
import weakref
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

from support.helpers import awaitable, blocking, finish
from support.kinds import VALUES, CallLog, Stop, Unweakable, kind_of, make_sender, tag_of

GENERATIONS = 3
ERRORS: dict[str, type[BaseException]] = {
    "TypeError": TypeError,
    "ValueError": ValueError,
    "Stop": Stop,
}  # of observers

# An operation that a receiver performs in the middle of a dispatch: its name and its arguments.
Act = tuple[str, tuple[Any, ...]]


class Sent(NamedTuple):
    """The outcome of a send."""

    error: str | None
    called: list[str]
    acted: bool  # whether a receiver performed the act


def tag_of_value(value: Any) -> str | None:
    """Return the tag of a value in ``Signal.receivers``."""
    if isinstance(value, weakref.ref):
        value = value()
    return None if value is None else tag_of(value)


class Subject:
    """A signal, with its own receivers and senders, since their lives depend on the signal."""

    def __init__(self, signals: types.ModuleType, observed: bool) -> None:
        self.signal = signals.Signal()
        self.log = CallLog()
        self.died: list[str] = []
        self.kept: dict[str, Any] = {}  # the objects that keep receivers and senders alive
        self.probes: dict[str, Callable[[], bool]] = {}  # is it alive?
        self.blocks: list[AbstractContextManager[None]] = []
        self.events: list[tuple[str, str, str]] = []
        self.values = {"ANY": signals.ANY, **{name: value for name, (_, value) in VALUES.items()}}
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
            return make_sender(name.partition(" ")[2], self.log, self.died)
        return kind_of(name).make(name, self.log, self.died)

    def begin(self, name: str) -> None:
        made = self.make(name)
        self.kept[name] = made
        try:
            reference = weakref.ref(made)
            self.probes[name] = lambda: reference() is not None
        except TypeError:
            if isinstance(made, Unweakable):
                self.probes[name] = lambda: name not in self.died

    def drop(self, name: str) -> None:
        del self.kept[name]

    def die(self, name: str) -> None:
        self.drop(name)
        if self.is_alive(name):
            gc.collect()

    def is_alive(self, name: str) -> bool:
        return name in self.probes and self.probes[name]()

    def receiver(self, name: str) -> Any:
        return kind_of(name).look_up(self.kept[name])

    def sender(self, name: str) -> Any:
        if name in self.values:
            return self.values[name]
        kept = self.kept[f"sender {name}"]
        return kept.method if name.startswith("method of") else kept

    # Operations, under the same names as the model's

    def attempt(self, operation: Callable[[], object]) -> str | None:
        """Return only the name of the error: its traceback would keep receivers alive."""
        try:
            operation()
        except (Exception, Stop) as error:
            return type(error).__name__
        return None

    def connect(self, receiver: str, sender: str, weak: bool) -> str | None:
        return self.attempt(lambda: self.signal.connect(self.receiver(receiver), self.sender(sender), weak))

    def connect_refused(self, receiver: str, sender: str, weak: bool, error: str) -> str | None:
        def refuse(signal: Any, **keywords: Any) -> None:
            raise ERRORS[error]

        events = self.events.copy()
        with self.signal.receiver_connected.connected_to(refuse):
            raised = self.connect(receiver, sender, weak)
        self.events = events  # whether others observed the refused connection does not matter
        return raised

    def disconnect(self, receiver: str, sender: str) -> None:
        self.signal.disconnect(self.receiver(receiver), self.sender(sender))

    def send(self, sender: str, method: str, wrapped: bool, keywords: dict[str, int], act: Act | None) -> Sent:
        log = self.log
        log.calls.clear()
        log.sender, log.keywords = self.sender(sender), keywords
        log.act = (lambda: getattr(self, act[0])(*act[1])) if act else None
        found: list[Any] = []

        def attempt() -> None:
            if method == "send":
                wrapper = {"_async_wrapper": blocking} if wrapped else {}
                found.extend(self.signal.send(log.sender, **wrapper, **keywords))
            else:
                wrapper = {"_sync_wrapper": awaitable} if wrapped else {}
                found.extend(finish(self.signal.send_async(log.sender, **wrapper, **keywords)))

        error = self.attempt(attempt)
        acted = act is not None and log.act is None
        log.act = log.sender = None
        if error:
            return Sent(error, log.calls.copy(), acted)
        called = []
        logged = []
        for receiver, result in found:
            tag = tag_of(receiver)
            called.append(tag)
            if kind_of(tag).builtin:
                assert type(result) is int
            else:
                assert getattr(result, "tag", result) == tag
                logged.append(tag)
        assert logged == log.calls
        return Sent(None, called, acted)

    def iterate(self, sender: str, steps: int, act: Act) -> list[str]:
        receivers = self.signal.receivers_for(self.sender(sender))
        assert inspect.isgenerator(receivers)
        found = [tag_of(receiver) for _, receiver in zip(range(steps), receivers)]
        getattr(self, act[0])(*act[1])
        return found + [tag_of(receiver) for receiver in receivers]

    def collect(self) -> None:
        gc.collect()

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
        list(self.signal.receivers_for(None))  # lets the old dictionary go

    def keys(self, receiver: str) -> list[Any]:
        return [key for key, value in self.signal.receivers.items() if tag_of_value(value) == receiver]

    def take_out(self, receiver: str) -> None:
        for key in self.keys(receiver):
            del self.signal.receivers[key]

    def put(self, receiver: str, other: str) -> None:
        for key in self.keys(receiver):
            self.signal.receivers[key] = self.receiver(other)

    def clear_state(self) -> None:
        self.signal._clear_state()

    # Observations, likewise

    def has(self, sender: str) -> bool:
        found = self.signal.has_receivers_for(self.sender(sender))
        assert isinstance(found, bool)
        return found

    def receivers_for(self, sender: str) -> list[str]:
        return [tag_of(receiver) for receiver in self.signal.receivers_for(self.sender(sender))]

    def public(self) -> list[str | None]:
        assert isinstance(self.signal.receivers, dict)
        return [tag_of_value(value) for value in self.signal.receivers.values()]

    def is_muted(self) -> bool:
        return bool(self.signal.is_muted)

"""Short uses of a signal that leave it as they found it. ``WORKLOADS`` has them by name.

Tests repeat each of them and look for what grows: memory, references, blocks. Together they cover every public method
and every way in which one fails. A workload that has variants runs one of them each time, so that it stays short.
"""

from __future__ import annotations

import copy
import weakref
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any, TypeVar

from support.helpers import UNWEAK, Thing, awaitable, blocking, finish, function, tables

from aldis import ANY

T = TypeVar("T")
CYCLE = 60  # the repetitions in which every variant has run equally often


async def coroutine(sender: Any, /, **kwargs: Any) -> Any:
    return sender


def raises(sender: Any, /, **kwargs: Any) -> Any:
    raise LookupError("raised")


def observer(signal: Any, /, **kwargs: Any) -> Any:
    return kwargs


class Pause:
    def __await__(self) -> Generator[None, None, None]:
        yield


async def waits(sender: Any, /, **kwargs: Any) -> None:
    await Pause()


@contextmanager
def connected(signal: Any, *pairs: tuple[Any, Any]) -> Iterator[None]:
    for receiver, sender in pairs:
        signal.connect(receiver, sender, weak=False)
    yield
    for receiver, _ in pairs:
        signal.disconnect(receiver)


@contextmanager
def failing(error: type[BaseException] = LookupError) -> Iterator[None]:
    try:
        yield
    except error:
        return
    raise AssertionError(f"no {error.__name__}")


class Fixtures:
    """The signals, receivers and senders that stay while a workload is repeated."""

    def __init__(self, signals: ModuleType) -> None:
        self.iteration = 0
        self.signals = signals
        self.signal, self.observed, self.refusing, self.crowded = (signals.Signal() for _ in range(4))
        self.receivers = [function(number) for number in range(40)]
        self.receiver, self.other, *_ = self.receivers
        self.sender = Thing()
        self.refusing.receiver_connected.connect(raises)
        for receiver in self.receivers:
            self.crowded.connect(receiver)
        self.crowded.connect(self.receiver, self.sender)

    def repeat(self, workload: str, times: int) -> None:
        for _ in range(times):
            self.iteration += 1
            getattr(self, workload)()

    def choose(self, variants: Sequence[T]) -> T:
        """Return one of the variants, the next one in each repetition."""
        assert CYCLE % len(variants) == 0
        return variants[self.iteration % len(variants)]

    def tables(self) -> list[Any]:
        signals = self.signal, self.observed, self.refusing, self.crowded
        return [*map(tables, signals), *(signal.is_muted for signal in signals)]


class Workloads(Fixtures):
    """Each public method is a workload."""

    # Connecting and disconnecting

    def connect_to_sender(self) -> None:
        values = None, "sender", 1, 10**20, True
        sender = self.choose((ANY, self.sender, *values, self.sender.method, [1].append, [1], Thing, 1.5))
        self.signal.connect(self.receiver, sender)
        self.signal.send(sender)
        self.signal.disconnect(self.other, sender)
        self.signal.disconnect(self.receiver, Thing())
        self.signal.disconnect(self.receiver, sender)

    def connected_to(self) -> None:
        signal = self.signal
        with signal.connected_to(self.receiver), signal.connected_to(self.receiver, self.sender):
            signal.send(self.sender)
        signal.connected_to(self.receiver, "sender")(signal.send)("sender")
        with failing(), signal.connected_to(raises):
            signal.send()
        signal.disconnect(signal.connect_via(self.sender)(self.receiver))

    def observe(self) -> None:
        signal = self.observed
        signal.receiver_connected.connect(observer)
        signal.receiver_disconnected.connect(observer)
        signal.disconnect(signal.connect(self.receiver, "sender"))
        signal.receiver_disconnected.connect(raises)
        signal.connect(self.receiver)
        with failing():
            signal.disconnect(self.receiver)
        del signal.receiver_connected, signal.receiver_disconnected

    def fail_to_connect(self) -> None:
        with failing(TypeError):
            self.signal.connect(42)
        for receiver in UNWEAK:
            with failing(TypeError):
                self.signal.connect(receiver, self.sender)
        with failing():
            self.refusing.connect(self.receiver, self.sender)
        with failing(), self.refusing.connected_to(self.other, Thing()):
            raise AssertionError("connected")

    # Deaths

    def receiver_dies(self) -> None:
        sender = self.choose((ANY, self.sender, "sender"))
        receiver, method = function(), Thing().method
        self.signal.connect(receiver, sender)
        self.signal.connect(method, sender)
        self.signal.send(sender)

    def sender_dies(self) -> None:
        makers: tuple[Callable[[], Any], ...] = Thing, lambda: Thing().method
        sender = self.choose(makers)()
        self.signal.connect(self.receiver, sender)
        self.signal.connect(self.sender.method, sender, weak=False)
        self.signal.send(sender)

    def signal_dies(self) -> None:
        signal = self.signals.Signal("A signal.")
        signal.connect(self.receiver)
        signal.connect(self.other, self.sender, weak=False)
        signal.connect(function(), "sender", weak=False)
        signal.receiver_connected.connect(self.receiver)
        signal.sent = signal.send(self.sender, _async_wrapper=blocking, x=1)
        assert weakref.ref(signal)() is signal

    # Sending

    def send_to_unknown(self) -> None:
        number = self.iteration
        sender = self.choose((Thing(), f"sender {number}", number + 10**9, Thing().method, None, ANY))
        with connected(self.signal, (self.receiver, "sender"), (self.receiver, 1), (self.receiver, self.sender)):
            assert self.signal.send(sender) == []
            assert not self.signal.has_receivers_for(sender)
        with failing(TypeError):
            self.signal.send(1, 2)

    def send_keywords(self) -> None:
        keywords = self.choose(({}, {f"x{self.iteration}": 1}, {f"x{n}": n for n in range(40)}))
        with connected(self.signal, (self.receiver, ANY), (self.sender.method, self.sender), (coroutine, ANY)):
            self.signal.send(self.sender, _async_wrapper=blocking, **keywords)
            self.signal.send(self.sender, **keywords, _async_wrapper=blocking)
            wrapper, error = self.choose(
                ((None, RuntimeError), (raises, LookupError), (lambda receiver: None, TypeError), (42, TypeError))
            )
            with failing(error):
                self.signal.send(self.sender, _async_wrapper=wrapper, **keywords)
            with failing(RuntimeError):
                self.signal.send(self.sender, **keywords)

    def generate(self) -> None:
        left, closed, thrown = map(self.crowded.receivers_for, (self.sender, ANY, "sender"))
        for half_way in (left, closed, thrown):
            next(half_way)
        closed.close()
        with failing():
            thrown.throw(LookupError)
        self.crowded.receivers_for(self.sender)
        list(self.crowded.receivers_for(Thing()))

    def send_async(self) -> None:
        signal = self.signal
        with connected(signal, (coroutine, ANY), (waits, self.sender), (self.receiver, self.sender)):
            finish(signal.send_async("sender", x=1))
            closed, thrown, ended, left = (signal.send_async(self.sender, x=1) for _ in range(4))
            for sending in (closed, thrown, ended, left):
                sending.send(None)
            closed.close()
            with failing():
                thrown.throw(LookupError)
            with failing(RuntimeError):
                ended.send(None)  # the next receiver is no coroutine function
            signal.send_async(self.sender).close()
        assert finish(signal.send_async(self.sender)) == []

    # Everything else

    def mute(self) -> None:
        with connected(self.signal, (raises, ANY)):
            with self.signal.muted(), self.signal.muted():
                self.signal.send(self.sender)
                finish(self.signal.send_async(self.sender))
            self.signal.is_muted = True
            self.signal.send(x=1)
            del self.signal.is_muted
            self.signal.is_muted = False
            with failing(), self.signal.muted():
                raise LookupError

    def change_dictionary(self) -> None:
        signal = self.signal
        with connected(signal, (self.receiver, ANY), (self.other, self.sender)):
            saved, key = copy.copy(signal.receivers), id(self.receiver)
            change = self.choose(
                (
                    lambda: signal.receivers.update({key: self.other}),
                    lambda: signal.receivers.update({key: weakref.ref(self.other)}),
                    lambda: signal.receivers.pop(key),
                    lambda: setattr(signal, "receivers", {key: function()}),
                    lambda: signal.receivers.clear(),
                    lambda: signal.__delattr__("receivers"),
                )
            )
            change()  # type: ignore[no-untyped-call]
            signal.send(self.sender)
            signal.receivers = saved
            assert len(signal.send(self.sender)) == 2

    # What aldis adds to blinker

    def send_all_and_emit(self) -> None:
        signal, sender = self.signal, self.sender
        with connected(signal, (self.receiver, ANY), (coroutine, sender)):
            assert len(signal.send_all(sender, _async_wrapper=blocking, x=1)) == 2
            assert len(finish(signal.send_all_async(sender, _sync_wrapper=awaitable, x=1))) == 2
            signal.emit(sender, _async_wrapper=blocking, x=1)
            for send in (signal.send_all, signal.emit):
                with failing(RuntimeError):
                    send(sender)
        with connected(signal, (raises, ANY), (self.receiver, ANY)):
            with failing():
                signal.emit(sender)
            with failing(ExceptionGroup):
                signal.send_all(sender)
            with failing(ExceptionGroup):
                finish(signal.send_all_async(sender, _sync_wrapper=awaitable))

    def captured_and_connections(self) -> None:
        with self.signal.captured() as calls, self.signal.captured("sender"):
            self.signal.send(self.sender, x=1)
            assert len(self.signal.connections()) == 2
            assert self.signal._by_sender and self.signal._by_receiver
        assert len(calls) == 1


WORKLOADS = [name for name in vars(Workloads) if not name.startswith("_")]

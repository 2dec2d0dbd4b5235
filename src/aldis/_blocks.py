"""What the blocks of ``with signal.muted()`` and their kin are made of."""

from __future__ import annotations

from contextlib import ContextDecorator

from ._results import Call

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Signal = Any  # private methods are not in its stub

default_disconnects: list[Any] = []  # the method disconnect of Signal, for each core


class Muted(ContextDecorator):
    """What :meth:`Signal.muted` returns."""

    __slots__ = ("signal",)

    def __init__(self, signal: Signal) -> None:
        self.signal = signal

    def __enter__(self) -> None:
        self.signal._mute(1)

    def __exit__(self, *error: object) -> None:
        self.signal._mute(-1)


class ConnectedTo(ContextDecorator):
    """What :meth:`Signal.connected_to` returns."""

    __slots__ = ("before", "receiver", "sender", "signal")

    def __init__(self, signal: Signal, receiver: Callable[..., object], sender: object) -> None:
        self.signal = signal
        self.receiver = receiver
        self.sender = sender

    def _recreate_cm(self) -> ConnectedTo:  # for each call of a decorated function
        return ConnectedTo(self.signal, self.receiver, self.sender)

    def __enter__(self) -> None:
        self.before = self.signal._strength(self.receiver, self.sender)
        self.signal.connect(self.receiver, sender=self.sender, weak=False)

    def __exit__(self, *error: object) -> None:
        signal, receiver, sender, before = self.signal, self.receiver, self.sender, self.before
        overridden = getattr(signal.disconnect, "__func__", None) not in default_disconnects
        if overridden and before is None:
            signal.disconnect(receiver, sender)
            return
        signal._set_strength(receiver, sender, before)
        if before is None and signal._on_disconnect is not None and signal._on_disconnect.receivers:
            signal._on_disconnect.send(signal, receiver=receiver, sender=sender)


class Capture:
    """The receiver of :meth:`Signal.captured`, which sync and async sends call alike."""

    def __init__(self, calls: list[Call]) -> None:
        self.calls = calls

    def __call__(self, sender: object, /, **kwargs: object) -> None:
        self.calls.append(Call(sender, kwargs))

    def make_async(self) -> Callable[..., Any]:
        """Return a coroutine function that records a call."""

        async def call(sender: object, /, **kwargs: object) -> None:
            self(sender, **kwargs)

        return call

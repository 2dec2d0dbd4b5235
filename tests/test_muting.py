"""Muting: ``muted()`` and ``is_muted``."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any
from unittest import mock

import pytest
from dispatch import awaitable, by_receivers_for, by_send, by_send_async, finish, function


def connected(signals: ModuleType) -> tuple[Any, Any]:
    signal, receiver = signals.Signal(), function()
    return signal, signal.connect(receiver)


def test_a_muted_signal_calls_no_receiver(signals: ModuleType) -> None:
    signal, receiver = connected(signals)
    assert signal.is_muted is False
    with signal.muted() as given:
        assert given is None
        assert signal.is_muted is True
        assert signal.send("sender", a=1) == finish(signal.send_async("sender", _sync_wrapper=awaitable)) == []
    assert signal.is_muted is False
    assert by_send(signal) == by_send_async(signal) == [receiver]


def test_asking_does_not_care(signals: ModuleType) -> None:
    signal, receiver = connected(signals)
    with signal.muted():
        assert by_receivers_for(signal) == list(signal.receivers_for(None)) == [receiver]
        assert signal.has_receivers_for("sender")
        assert signal.receivers


def test_connections_change_while_muted(signals: ModuleType) -> None:
    signal, receiver = connected(signals)
    observed = []
    signal.receiver_connected.connect(lambda signal, **kwargs: observed.append(kwargs["receiver"]), weak=False)
    with signal.muted():
        signal.disconnect(receiver)
        signal.connect(new := function())
    assert by_send(signal) == [new] == observed


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, GeneratorExit])
def test_an_exception_unmutes(signals: ModuleType, error: type[BaseException]) -> None:
    signal, receiver = connected(signals)
    with pytest.raises(error), signal.muted():
        raise error
    assert by_send(signal) == [receiver]


def test_muted_is_a_decorator(signals: ModuleType) -> None:
    signal, receiver = connected(signals)

    @signal.muted()  # type: ignore[untyped-decorator]
    def work(depth: int) -> None:
        assert by_send(signal) == []
        if depth:
            work(depth - 1)
        assert by_send(signal) == []

    for depth in range(3):
        work(depth)
        assert by_send(signal) == [receiver]


def test_blocks_nest(signals: ModuleType) -> None:
    signal, receiver = connected(signals)
    with signal.muted():
        with signal.muted():
            with signal.muted():
                assert signal.is_muted
            assert by_send(signal) == []
        assert by_send(signal) == []
    assert by_send(signal) == [receiver]


def test_blocks_overlap(signals: ModuleType) -> None:
    signal, receiver = connected(signals)
    first, second = signal.muted(), signal.muted()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert by_send(signal) == []
    second.__exit__(None, None, None)
    assert by_send(signal) == [receiver]


def test_blocks_nest_across_threads(signals: ModuleType) -> None:
    signal, receiver = connected(signals)
    entered, leave = threading.Event(), threading.Event()

    def work() -> None:
        with signal.muted():
            entered.set()
            leave.wait(30)

    thread = threading.Thread(target=work, daemon=True)
    with signal.muted():
        thread.start()
        assert entered.wait(30)
    assert by_send(signal) == []
    leave.set()
    thread.join(30)
    assert by_send(signal) == [receiver]


def test_many_threads_mute(signals: ModuleType) -> None:
    signal, receiver = connected(signals)
    failures = []

    def work() -> None:
        for _ in range(500):
            with signal.muted():
                if not signal.is_muted or signal.send():
                    failures.append("not muted")

    threads = [threading.Thread(target=work, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert by_send(signal) == [receiver]


def test_signals_are_muted_one_by_one(signals: ModuleType) -> None:
    (signal, _), (other, receiver) = connected(signals), connected(signals)
    with signal.muted():
        assert by_send(other) == [receiver]


# is_muted


@pytest.mark.parametrize(
    ("value", "muted"), [(True, True), (1, True), ("yes", True), (False, False), (0, False), (None, False)]
)
def test_is_muted_is_assignable(signals: ModuleType, value: object, muted: bool) -> None:
    signal, receiver = connected(signals)
    for _ in range(2):
        signal.is_muted = value
        assert signal.is_muted is muted
        assert by_send(signal) == by_send_async(signal) == ([] if muted else [receiver])
    signal.is_muted = False
    assert by_send(signal) == [receiver]


def test_assigning_false_unmutes_whatever_muted(signals: ModuleType) -> None:
    signal, receiver = connected(signals)
    with signal.muted(), signal.muted():
        signal.is_muted = True
        signal.is_muted = False
        assert by_send(signal) == [receiver]
    assert by_send(signal) == [receiver]
    assert signal.is_muted is False


def test_leaving_a_block_does_not_undo_an_assignment(signals: ModuleType) -> None:
    signal, receiver = connected(signals)
    with signal.muted():
        signal.is_muted = True
    assert by_send(signal) == []
    with signal.muted():
        pass
    assert by_send(signal) == []
    signal.is_muted = False
    assert by_send(signal) == [receiver]


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("patched", [True, False])
def test_is_muted_is_patched(signals: ModuleType, before: bool, patched: bool) -> None:
    signal, _ = connected(signals)
    signal.is_muted = before
    with mock.patch.object(signal, "is_muted", patched):
        assert signal.is_muted is patched
    assert signal.is_muted is before
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(signal, "is_muted", patched)
        assert signal.is_muted is patched
    assert signal.is_muted is before


# When it is looked at


@pytest.mark.parametrize("send", [by_send, by_send_async])
def test_muting_while_receivers_run_is_for_the_next_send(signals: ModuleType, send: Callable[..., Any]) -> None:
    signal, last = signals.Signal(), function()

    def first(sender: Any) -> None:
        signal.is_muted = True

    signal.connect(first)
    signal.connect(last)
    assert send(signal) == [first, last]
    assert send(signal) == []


def test_send_async_looks_at_the_first_await(signals: ModuleType) -> None:
    signal, receiver = connected(signals)
    unmuted, muted = (signal.send_async(_sync_wrapper=awaitable) for _ in range(2))
    signal.is_muted = True
    assert finish(unmuted) == []
    with_muting_on = signal.send_async(_sync_wrapper=awaitable)
    signal.is_muted = False
    assert finish(muted) == finish(with_muting_on) == [(receiver, None)]


def test_muting_while_a_receiver_is_awaited(signals: ModuleType) -> None:
    signal = signals.Signal()

    async def first(sender: Any) -> None:
        await asyncio.sleep(0)

    async def main() -> Any:
        sending = asyncio.ensure_future(signal.send_async())
        await asyncio.sleep(0)
        with signal.muted():
            return await sending

    signal.connect(first)
    signal.connect(last := awaitable(function()))
    assert asyncio.run(main()) == [(first, None), (last, None)]

"""Receivers and observers use the signal that is calling them: they change it, drop it, raise, and recurse."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest
from support.helpers import assert_untouched, by_receivers_for, by_send, by_send_async, function
from support.scripts import Run, run_script

# Observers


@pytest.mark.parametrize("depth", range(12))
@pytest.mark.parametrize("name", ["receiver_connected", "receiver_disconnected"])
def test_observer_that_recurses_without_end(signals: ModuleType, name: str, depth: int) -> None:
    """The depths let the stack overflow in each step of a change."""
    signal, receivers = signals.Signal(), [function() for _ in range(2 * sys.getrecursionlimit())]
    operation = signal.connect if name == "receiver_connected" else signal.disconnect
    if name == "receiver_disconnected":
        for receiver in receivers:
            signal.connect(receiver)
    left = iter(receivers)

    def observe(*observed: Any, **kwargs: Any) -> None:
        operation(next(left))

    def recurse(depth: int) -> None:
        recurse(depth - 1) if depth else observe()

    getattr(signal, name).connect(observe)
    with pytest.raises(RecursionError):
        recurse(depth)
    getattr(signal, name).disconnect(observe)
    assert receivers.index(next(left)) > 50
    if name == "receiver_disconnected":
        for receiver in receivers:
            signal.disconnect(receiver)
    assert_untouched(signal)


# Receivers


def test_receiver_that_sends_without_end(signals: ModuleType) -> None:
    signal, depth = signals.Signal(), []

    def plain(sender: Any) -> None:
        depth.append(sender)
        (by_send, by_receivers_for, by_send_async)[len(depth) % 3](signal, sender)

    async def coroutine(sender: Any) -> None:
        await signal.send_async(sender)

    signal.connect(plain, "plain")
    signal.connect(coroutine, "coroutine")
    for sender in ("plain", "coroutine"):
        with pytest.raises(RecursionError):
            by_send_async(signal, sender)
    assert len(depth) > 20
    signal.disconnect(plain)
    signal.disconnect(coroutine)
    assert_untouched(signal, *depth[:1])


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="the stack is checked in another way")
@pytest.mark.parametrize("kind", ["partial", "function", "instance"])
@pytest.mark.untraced
def test_recursion_in_a_thread_with_a_small_stack(run: Run, kind: str) -> None:
    """In 1 MiB, recursion through a signal ends as recursion through ``functools.partial`` does."""
    run_script(run, "small_stack", 2**20, kind, stdout="RecursionError\n")


# Objects that lie about their class


def test_attribute_lookup_that_replaces_the_dictionary(run: Run) -> None:
    """A key in ``signal.__dict__`` replaces it from ``__eq__``, while aldis looks for an attribute."""
    run_script(run, "replace_dict_in_eq")

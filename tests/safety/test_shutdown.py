"""The interpreter exits while signals are in use: nothing is printed, nothing crashes, nothing hangs."""

from __future__ import annotations

import gc
import importlib.util
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from support.helpers import Thing, by_send
from support.scripts import Run, run_script

CPYTHON = sys.implementation.name == "cpython"


@pytest.mark.parametrize(("how", "returncode"), [("fall off", 0), ("sys.exit", 3), ("os._exit", 3)])
def test_exit_while_threads_send(run: Run, how: str, returncode: int) -> None:
    for _ in range(2):
        run_script(run, "exit_while_threads_send", how, stdout="end\n", returncode=returncode)


@pytest.mark.skipif(not CPYTHON, reason="finalizers do not run at exit")
@pytest.mark.parametrize("threads", ["busy", "in a change"])
def test_finalizer_at_exit_uses_signals(run: Run, threads: str) -> None:
    run_script(run, "finalizer_at_exit", threads, stdout="last\n")


def test_thread_sends_after_the_main_thread(run: Run) -> None:
    run_script(run, "send_after_main", stdout="True\n")


def test_finalizers_while_modules_are_torn_down(run: Run) -> None:
    run_script(run, "torn_down_modules", stdout="15\n")


@pytest.mark.skipif(not importlib.util.find_spec("gevent"), reason="gevent is not installed")
def test_greenlets_switch_in_receivers(run: Run) -> None:
    run_script(run, "greenlets")


# A signal that outlives its own end


@pytest.mark.skipif(not CPYTHON, reason="another collector finalizes in another order")
@pytest.mark.parametrize("cyclic", [False, True])
def test_resurrected_signal_goes_on(signals: ModuleType, collect: Callable[[], None], cyclic: bool) -> None:
    class Undying(signals.Signal):  # type: ignore[misc, name-defined]
        def __del__(self) -> None:
            saved.append(self)
            self.send("in __del__")

    class Logged(Thing):
        def log(self, sender: Any) -> None:
            called.append(sender)

    saved: list[Any] = []
    called: list[Any] = []
    thing, other = Logged(), Logged()
    signal = Undying()
    signal.connect(thing.log)
    if cyclic:
        signal.itself = signal
        signal.connect(signal.send, signal, weak=False)
    signal.send("before")
    del signal
    collect()
    [signal] = saved
    signal.send("after")
    assert called[0] == "before"
    assert not called[1:] or called[1:] == ["in __del__", "after"] or cyclic
    called.clear()
    for each in (thing, other):  # the collector may have cleared weak references
        signal.connect(each.log)
    assert by_send(signal, "sender") == [thing.log, other.log]
    del other, each
    collect()
    assert by_send(signal, "sender") == [thing.log]
    signal.disconnect(thing.log)
    assert by_send(signal, "sender") == []
    saved.clear()
    del signal
    gc.collect()
    saved.clear()

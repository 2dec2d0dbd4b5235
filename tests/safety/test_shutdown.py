"""The interpreter exits while signals are in use: nothing is printed, nothing crashes, nothing hangs."""

from __future__ import annotations

import sys

import pytest
from support.scripts import Run, run_script

CPYTHON = sys.implementation.name == "cpython"
pytestmark = pytest.mark.untraced


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


# A signal that outlives its own end

"""Forks while signals are in use."""

from __future__ import annotations

import os
import sys

import pytest
from support.scripts import Run, run_script

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks"),
    pytest.mark.skipif(sys.implementation.name != "cpython", reason="dead receivers would fill the table"),
]


@pytest.mark.parametrize("sent", ["sent", "not sent"])
def test_fork_while_threads_change_the_signal(run: Run, sent: str) -> None:
    run_script(run, "fork_while_threads_change", sent)


def test_fork_in_a_receiver(run: Run) -> None:
    run_script(run, "fork_in_receiver")

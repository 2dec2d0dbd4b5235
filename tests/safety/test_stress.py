"""The stress test, in processes of its own: a short run here, a long one on demand."""

from __future__ import annotations

import os
import random
import re
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from stress import OPERATIONS

pytestmark = [
    pytest.mark.threads,
    pytest.mark.skipif(sys.implementation.name != "cpython", reason="expects deaths to be noticed at once"),
]

SECONDS = float(os.environ.get("ALDIS_STRESS_SECONDS", "600"))
STRESS = str(Path(__file__).with_name("stress.py"))


def stress(run: Callable[..., CompletedProcess[str]], core: str, seconds: float, *arguments: str) -> None:
    done = run(STRESS, "--core", core, "--seconds", str(seconds), *arguments, timeout=seconds + 300)
    print(done.stdout, done.stderr)
    assert (done.returncode, done.stderr) == (0, "")
    assert set(re.findall(r"^ +[\d,]+ (\w+)$", done.stdout, re.MULTILINE)) == set(OPERATIONS)


@pytest.mark.parametrize("interval", [sys.getswitchinterval(), 1e-6])
def test_no_promise_is_broken(run: Callable[..., CompletedProcess[str]], core: str, interval: float) -> None:
    stress(run, core, 1.5, f"--switch-interval={interval}")


@pytest.mark.long
def test_no_promise_is_broken_for_long(run: Callable[..., CompletedProcess[str]], core: str) -> None:
    stress(run, core, SECONDS, "--switch-interval=1e-6", "--threads=8", f"--seed={random.randrange(2**32)}")

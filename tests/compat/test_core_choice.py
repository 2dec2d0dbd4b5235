"""Which core is in use: ``ALDIS_PURE_PYTHON``, ``aldis.accelerated`` and ``signals_on``."""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Callable
from types import ModuleType

import pytest
from support.helpers import by_send, function

import aldis
from aldis._cores import signals_on

Run = Callable[..., "subprocess.CompletedProcess[str]"]

TELL = "import aldis; print(aldis.accelerated)"
NO_COMPILED_CORE = "import sys; sys.modules['aldis._dispatch_c'] = None\n"
ANSWERS = {"compiled": "True\n", "pure": "False\n"}


def test_the_variable_requires_a_core(run: Run, core: str) -> None:
    done = run("-c", TELL)
    assert (done.stdout, done.stderr) == (ANSWERS[core], "")


@pytest.mark.parametrize("unset", [True, False], ids=["unset", "empty"])
def test_the_compiled_core_is_the_default(run: Run, unset: bool) -> None:
    script = f"import os; {'os.environ.clear();' if unset else ''} {TELL}"
    done = run("-c", script, env={"ALDIS_PURE_PYTHON": ""})
    compiled = run("-c", TELL, env={"ALDIS_PURE_PYTHON": "0"}).returncode == 0
    assert (done.stdout, done.stderr) == (ANSWERS["compiled" if compiled else "pure"], "")


@pytest.mark.parametrize("value", ["2", "01", "yes", "False", " ", "1 "])
def test_another_value_is_an_error(run: Run, value: str) -> None:
    done = run("-c", TELL, env={"ALDIS_PURE_PYTHON": value})
    assert done.returncode == 1
    assert done.stdout == ""
    assert f"ImportError: ALDIS_PURE_PYTHON must be 0, 1 or unset, not {value!r}." in done.stderr


@pytest.mark.parametrize("value", ["", "1"])
def test_the_pure_core_is_used_where_the_compiled_is_missing(run: Run, value: str) -> None:
    done = run("-c", NO_COMPILED_CORE + TELL, env={"ALDIS_PURE_PYTHON": value})
    assert (done.stdout, done.stderr) == (ANSWERS["pure"], "")


def test_a_required_compiled_core_that_is_missing_is_an_error(run: Run) -> None:
    done = run("-c", NO_COMPILED_CORE + TELL, env={"ALDIS_PURE_PYTHON": "0"})
    assert done.returncode == 1
    error = done.stderr.splitlines()[-1]
    assert error.startswith("ImportError: ALDIS_PURE_PYTHON=0 requires the compiled core, and ")
    for text in ("import of aldis._dispatch_c", "installs a wheel", "ALDIS_EXTENSION=1", "ALDIS_PURE_PYTHON=1"):
        assert text in error


def test_accelerated_tells_which_core_is_in_use(signals: ModuleType, core: str) -> None:
    assert type(aldis.accelerated) is bool
    in_use = inspect.getmodule(aldis.Signal)
    assert (signals is in_use) == (aldis.accelerated == (core == "compiled"))


def test_both_cores_can_be_used_at_once(signals: ModuleType, core: str) -> None:
    assert signals_on(core) is signals
    assert sys.modules["aldis.signals"].Signal is aldis.Signal
    assert sys.modules["aldis._core"].accelerated is aldis.accelerated
    signal, in_use, receiver = signals.Signal(), aldis.Signal(), function()
    signal.connect(receiver, aldis.ANY)
    in_use.connect(receiver, signal)
    assert by_send(signal) == by_send(in_use, signal) == [receiver]
    assert by_send(in_use) == []


def test_signals_on_raises_where_the_core_is_missing(run: Run) -> None:
    script = NO_COMPILED_CORE + "from aldis._cores import signals_on; signals_on('compiled')"
    done = run("-c", script, env={"ALDIS_PURE_PYTHON": "1"})
    assert done.returncode == 1
    assert "aldis._dispatch_c" in done.stderr.splitlines()[-1]

"""Which core is used: ``ALDIS_PURE_PYTHON``, ``accelerated`` and ``signals_on``."""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Callable
from types import ModuleType

import pytest
from dispatch import by_send, function

import aldis
from aldis._core import signals_on

Run = Callable[..., "subprocess.CompletedProcess[str]"]

TELL = "import aldis; print(aldis.accelerated, aldis.Signal.__base__.__module__)"
MISSING = "import sys; sys.modules['aldis._core_c'] = None\n"
ANSWERS = {"compiled": "True aldis._core_c\n", "pure": "False aldis._core_py\n"}


def test_each_core_is_required_by_name(run: Run, core: str) -> None:
    done = run("-c", TELL)
    assert (done.stdout, done.stderr) == (ANSWERS[core], "")


@pytest.mark.parametrize("unset", [True, False], ids=["unset", "empty"])
def test_unset_it_is_the_compiled_core_where_there_is_one(run: Run, unset: bool) -> None:
    script = f"""if True:
        import os, importlib.util
        {"del os.environ['ALDIS_PURE_PYTHON']" if unset else ""}
        {TELL}
        assert aldis.accelerated is (importlib.util.find_spec("aldis._core_c") is not None)
    """
    done = run("-c", script, env={"ALDIS_PURE_PYTHON": ""})
    assert (done.stdout in ANSWERS.values(), done.stderr) == (True, "")


@pytest.mark.parametrize("value", ["2", "01", "yes", "False", " ", "1 "])
def test_nonsense(run: Run, value: str) -> None:
    done = run("-c", TELL, env={"ALDIS_PURE_PYTHON": value})
    assert done.returncode == 1
    assert done.stdout == ""
    assert f"ImportError: ALDIS_PURE_PYTHON must be 0, 1 or unset, not {value!r}." in done.stderr


@pytest.mark.parametrize(("value", "works"), [("", True), ("1", True), ("0", False)])
def test_where_the_compiled_core_is_missing(run: Run, value: str, works: bool) -> None:
    done = run("-c", MISSING + TELL, env={"ALDIS_PURE_PYTHON": value})
    if works:
        assert (done.stdout, done.stderr) == (ANSWERS["pure"], "")
    else:
        assert done.returncode == 1
        error = done.stderr.splitlines()[-1]
        assert error.startswith("ImportError: ALDIS_PURE_PYTHON=0 requires the compiled core, and ")
        assert "aldis._core_c" in error, "the reason"
        for cure in ("Install a wheel", "ALDIS_EXTENSION=1", "unset ALDIS_PURE_PYTHON"):
            assert cure in error


def test_the_pure_core_does_without_the_compiled(run: Run) -> None:
    script = "import sys, aldis; aldis.Signal().send(); print('aldis._core_c' in sys.modules)"
    assert run("-c", script, env={"ALDIS_PURE_PYTHON": "1"}).stdout == "False\n"


def test_accelerated(signals: ModuleType, core: str) -> None:
    assert type(aldis.accelerated) is bool
    in_use = inspect.getmodule(aldis.Signal)
    assert (signals is in_use) == (aldis.accelerated == (core == "compiled"))


def test_cores_stand_beside_each_other(signals: ModuleType, core: str) -> None:
    assert signals_on(core) is signals
    assert sys.modules[signals.__name__] is signals
    assert sys.modules["aldis.signals"].Signal is aldis.Signal
    signal, in_use, receiver = signals.Signal(), aldis.Signal(), function()
    signal.connect(receiver, aldis.ANY)
    in_use.connect(receiver, signal)
    assert by_send(signal) == by_send(in_use, signal) == [receiver]
    assert by_send(in_use) == []


@pytest.mark.parametrize("name", ["", "fast", "Pure", None])
def test_no_such_core(name: str) -> None:
    with pytest.raises((KeyError, ValueError)):
        signals_on(name)


def test_a_core_that_cannot_be_put_beside(run: Run) -> None:
    script = MISSING + "from aldis._core import signals_on; signals_on('compiled')"
    done = run("-c", script, env={"ALDIS_PURE_PYTHON": "1"})
    assert done.returncode == 1
    assert "aldis._core_c" in done.stderr.splitlines()[-1]

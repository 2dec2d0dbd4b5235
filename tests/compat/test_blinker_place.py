"""Standing in for blinker: ``install_as_blinker()`` and ``python -m aldis``."""

from __future__ import annotations

import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import aldis

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def succeed(run: Run, *arguments: str, **options: object) -> str:
    """Run and return what was printed; nothing may be said on the error output."""
    done = run(*arguments, **options)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


# install_as_blinker


@pytest.mark.parametrize("times", [1, 3])
def test_it_is_found_where_blinker_is(run: Run, times: int) -> None:
    script = """if True:
        import sys, aldis
        for _ in range(int(sys.argv[1])):
            assert aldis.install_as_blinker() is None
        import blinker, blinker.base, blinker._utilities
        from blinker import ANY, NamedSignal, Namespace, Signal, default_namespace, signal
        from blinker.base import ANY_ID, Symbol, make_id, make_ref, _PNamespaceSignal
        import blinker.base as base, blinker._utilities as utilities
        for name in ("ANY", "NamedSignal", "Namespace", "Signal", "default_namespace", "signal"):
            assert getattr(aldis, name) is getattr(blinker, name) is getattr(base, name) is vars()[name]
        for name in ("Symbol", "make_id", "make_ref"):
            assert getattr(base, name) is getattr(utilities, name) is vars()[name]
        assert ANY_ID == 0
        assert base is blinker.base is sys.modules["blinker.base"]
        assert utilities is blinker._utilities is sys.modules["blinker._utilities"]
        assert type(signal("ready")) is NamedSignal
        assert (Signal.__base__.__module__ == "aldis._core_c") is aldis.accelerated
        print("done")
    """
    assert succeed(run, "-c", script, str(times)) == "done\n"


def test_named_signals_are_looked_up_in_blinker_base(run: Run) -> None:
    script = """if True:
        import aldis; aldis.install_as_blinker()
        from unittest import mock
        import blinker
        with mock.patch("blinker.base.NamedSignal") as made:
            assert blinker.Namespace().signal("ready", "doc") is made.return_value
            made.assert_called_once_with("ready", "doc")
            assert blinker.signal("another") is made.return_value
        assert isinstance(blinker.Namespace().signal("ready"), blinker.NamedSignal)
        with mock.patch("blinker._utilities.make_id"), mock.patch("blinker.signal"):
            pass
        print("done")
    """
    assert succeed(run, "-c", script) == "done\n"


@pytest.mark.parametrize("first", ["import blinker", "import blinker.base", "from blinker._utilities import make_id"])
def test_the_real_one_is_imported_already(run: Run, tmp_path: Path, first: str) -> None:
    modules = {
        "holds_module": "import blinker",
        "holds_alias": "import blinker.base as anything",
        "holds_class": "from blinker import Signal",
        "holds_function": "from blinker import signal as make",
        "holds_signal": "import blinker; ready = blinker.signal('ready'); del blinker",
        "holds_nothing": "import blinker; del blinker",
        "holds_else": "import aldis; ready = aldis.signal('ready'); import re; x = None; y = [1]",
    }
    for name, text in modules.items():
        (tmp_path / f"{name}.py").write_text(text)
    script = f"""if True:
        {first}
        import sys, aldis
        before = dict(sys.modules)
        import {", ".join(modules)}
        try:
            aldis.install_as_blinker()
        except RuntimeError as error:
            print(error)
        blinker = sys.modules["blinker"]
        assert blinker.Signal is not aldis.Signal
        assert sys.modules["blinker.base"] is before["blinker.base"]
    """
    said = succeed(run, "-c", script, cwd=tmp_path)
    assert said.startswith("blinker is already imported by ")
    for name in modules:
        assert (name in said) == (name not in ("holds_nothing", "holds_else")), name
    assert "__main__" in said or "_utilities" in first
    assert "Call aldis.install_as_blinker() first" in said
    assert "python -m aldis" in said


def test_the_real_one_is_imported_by_nobody_any_more(run: Run) -> None:
    script = """if True:
        import blinker; del blinker
        import aldis
        try:
            aldis.install_as_blinker()
        except RuntimeError as error:
            print(error)
    """
    said = succeed(run, "-c", script)
    assert said.startswith("blinker is already imported, and")
    assert "first" in said


def test_aldis_itself_does_not_import_blinker(run: Run) -> None:
    script = "import sys, aldis, aldis.signals; print([name for name in sys.modules if 'blinker' in name])"
    assert succeed(run, "-c", script) == "['aldis._blinker']\n"


def test_flask_runs_on_it(run: Run) -> None:
    script = """if True:
        import aldis; aldis.install_as_blinker()
        import flask
        app, seen = flask.Flask("app"), []
        app.route("/")(lambda: "hello")
        flask.request_started.connect(lambda sender, **kwargs: seen.append(sender), app, weak=False)
        assert isinstance(flask.request_started, aldis.NamedSignal)
        print(app.test_client().get("/").text, seen == [app])
    """
    assert succeed(run, "-c", script) == "hello True\n"


# python -m aldis PROGRAM

PROGRAM = """
import sys
import blinker
print(__name__, __file__, sys.argv, sys.path[:2])
print(blinker.signal.__module__, file=sys.stderr)
"""


@pytest.mark.parametrize("arguments", [[], ["--help", "a", "", "-m", "b"]])
@pytest.mark.parametrize("kind", ["script", "module", "package", "submodule", "folder"])
def test_a_program_is_run_as_python_would(run: Run, tmp_path: Path, kind: str, arguments: list[str]) -> None:
    (tmp_path / "package").mkdir()
    for name in ("program.py", "package/__init__.py", "package/__main__.py", "package/module.py"):
        (tmp_path / name).write_text("" if "init" in name else PROGRAM)
    program = {
        "script": [str(tmp_path / "program.py")],
        "module": ["-m", "program"],
        "package": ["-m", "package"],
        "submodule": ["-m", "package.module"],
        "folder": [str(tmp_path / "package")],
    }[kind]
    with_blinker = run(*program, *arguments, cwd=tmp_path)
    with_aldis = run("-m", "aldis", *program, *arguments, cwd=tmp_path)
    assert with_aldis.returncode == with_blinker.returncode == 0
    assert with_aldis.stdout == with_blinker.stdout
    assert with_blinker.stderr == "blinker.base\n"
    assert with_aldis.stderr.startswith("aldis")


@pytest.mark.skipif(sys.version_info < (3, 11), reason="there is no safe path")
def test_a_script_finds_no_neighbours_on_the_safe_path(run: Run, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    with_blinker, with_aldis = (run("-P", *before, str(program)) for before in ([], ["-m", "aldis"]))
    assert with_aldis.stdout == with_blinker.stdout
    assert with_blinker.stdout.startswith("__main__")


def test_a_script_by_a_relative_path(run: Run, tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "neighbour.py").write_text("import blinker\nready = blinker.signal('ready')\n")
    (tmp_path / "below" / "program.py").write_text("import sys, neighbour; print(neighbour.ready.name, sys.argv)")
    said = succeed(run, "-m", "aldis", "below/program.py", "-x", cwd=tmp_path)
    assert said == "ready ['below/program.py', '-x']\n"


@pytest.mark.parametrize(
    ("ending", "status", "said"),
    [
        ("sys.exit(3)", 3, ""),
        ("sys.exit('went wrong')", 1, "went wrong"),
        ("raise LookupError('went wrong')", 1, "LookupError: went wrong"),
        ("sys.exit()", 0, ""),
    ],
)
@pytest.mark.parametrize("as_module", [True, False])
def test_how_a_program_ends(run: Run, tmp_path: Path, ending: str, status: int, said: str, as_module: bool) -> None:
    (tmp_path / "program.py").write_text(f"import sys\nprint('began')\n{ending}\n")
    done = run("-m", "aldis", *(["-m", "program"] if as_module else ["program.py"]), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (status, "began\n")
    assert said in done.stderr
    if "raise" in ending:
        assert "program.py" in done.stderr


def test_flask_is_run(run: Run) -> None:
    assert "Flask" in succeed(run, "-m", "aldis", "-m", "flask", "--version")


# python -m aldis


def test_alone_it_reports(run: Run, core: str) -> None:
    said = succeed(run, "-m", "aldis")
    assert len(said.splitlines()) == 1
    assert said.startswith(f"aldis {aldis.__version__}, {core} core")
    assert platform.python_version() in said
    assert sys.implementation.name in said
    assert sys.executable in said
    assert ("ALDIS_PURE_PYTHON=1" in said) == (core == "pure")


def test_the_report_tells_why_the_compiled_core_is_missing(run: Run) -> None:
    script = """if True:
        import os, runpy, sys
        os.environ.pop("ALDIS_PURE_PYTHON")
        sys.modules["aldis._core_c"] = None
        sys.argv = ["aldis"]
        runpy.run_module("aldis", run_name="__main__")
    """
    said = succeed(run, "-c", script)
    assert said.startswith(f"aldis {aldis.__version__}, pure core (the compiled core cannot be imported: ")
    assert "aldis._core_c" in said


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help(run: Run, option: str) -> None:
    said = succeed(run, "-m", "aldis", option)
    for usage in ("python -m aldis -m MODULE", "python -m aldis SCRIPT", "blinker"):
        assert usage in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-m"], "-m needs the name of a module"),
        (["-x"], "unknown option -x"),
        (["--version"], "unknown option --version"),
        (["-m", "no_such_module"], "no_such_module"),
        (["no_such_script.py"], "no_such_script.py"),
    ],
    ids=str,
)
def test_bad_usage(run: Run, tmp_path: Path, arguments: list[str], said: str) -> None:
    done = run("-m", "aldis", *arguments, cwd=tmp_path)
    assert done.returncode not in (0, None)
    assert done.stdout == ""
    assert said in done.stderr
    if arguments[-1].startswith("-"):
        assert done.stderr.startswith("python -m aldis: ")
        assert "Traceback" not in done.stderr

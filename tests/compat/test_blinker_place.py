"""Aldis in blinker's place: ``install_as_blinker()``, ``aldis.as_blinker`` and ``python -m aldis``."""

from __future__ import annotations

import os
import platform
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import aldis

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def succeed(run: Run, *arguments: str, **options: object) -> str:
    """Run Python and return its output; the error output must stay empty."""
    done = run(*arguments, **options)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize(
    "install", ["aldis.install_as_blinker()", "aldis.install_as_blinker();" * 2, "import aldis.as_blinker"]
)
def test_every_import_of_blinker_gets_aldis(run: Run, install: str) -> None:
    script = f"""if True:
        import sys, aldis, aldis.signals
        assert "blinker" not in sys.modules
        {install}
        import blinker, blinker.base, blinker._utilities
        from blinker import ANY, NamedSignal, Namespace, Signal, default_namespace, signal
        from blinker.base import ANY_ID, Symbol, make_id, make_ref, _PNamespaceSignal
        import blinker.base as base, blinker._utilities as utilities
        for name in ("ANY", "NamedSignal", "Namespace", "Signal", "default_namespace", "signal"):
            assert getattr(aldis, name) is getattr(blinker, name) is getattr(base, name) is vars()[name]
        for name in ("Symbol", "make_id", "make_ref"):
            assert getattr(base, name) is getattr(utilities, name) is vars()[name]
        assert (base, utilities) == (sys.modules["blinker.base"], sys.modules["blinker._utilities"])
        print(type(signal("ready")) is NamedSignal, ANY_ID)
    """
    assert succeed(run, "-c", script) == "True 0\n"


def test_patches_and_reloads_of_blinker_take_effect(run: Run) -> None:
    script = """if True:
        import importlib, os, sys, unittest.mock as mock
        os.environ["ALDIS_PURE_PYTHON"] = ""  # the compiled core may refuse a second import
        import aldis; aldis.install_as_blinker(); import blinker
        with mock.patch("blinker.base.NamedSignal") as made, mock.patch("blinker._utilities.make_id"):
            assert blinker.Namespace().signal("ready", "doc") is blinker.signal("another") is made.return_value
            made.assert_any_call("ready", "doc")
        assert isinstance(blinker.Namespace().signal("ready"), blinker.NamedSignal)
        assert importlib.reload(blinker) is aldis and importlib.reload(blinker.base) is aldis.signals
        for name in [name for name in sys.modules if name.startswith("aldis")]:
            del sys.modules[name]
        import aldis; aldis.install_as_blinker()
        import blinker.base
        print(blinker is aldis and blinker.base is aldis.signals)
    """
    assert succeed(run, "-c", script) == "True\n"


@pytest.mark.parametrize("first", ["import blinker", "from blinker import Signal", "from blinker.base import signal"])
def test_too_late_names_at_most_three_imports_with_the_first_in_front(run: Run, tmp_path: Path, first: str) -> None:
    modules = {
        "received": "from first import mine",
        "first": f"'''The first.'''\nimport re\n{first} as mine",
        "function_only": "import os, blinker\nimport blinker.base\nmake = blinker.signal\ndel blinker",
        "later": "def later():\n    import blinker",
        "one_more": "from blinker import Signal",
    }
    for name, text in modules.items():
        (tmp_path / f"{name}.py").write_text(text)
    (tmp_path / "program.py").write_text(f"import {', '.join(modules)}, blinker, aldis\naldis.install_as_blinker()")
    said = run("-X", "utf8", "program.py", cwd=tmp_path).stderr
    places = {"first": 3, "function_only": 1, "one_more": 1}
    by = ", ".join(f"{name} ({tmp_path / name}.py:{line})" for name, line in places.items())
    assert f"blinker is already imported by {by}. Start the program with `" in said
    assert " -m aldis -X utf8 program.py`, or call aldis.install_as_blinker() before the first import" in said


def test_too_late_in_a_console_script_advises_a_command_that_works(run: Run, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("import aldis.as_blinker, flask\napp = flask.Flask('app')\n")
    flask = Path(sys.executable).with_name("flask")
    done = run(str(flask), "routes", cwd=tmp_path, env={"PATH": f"{flask.parent}{os.pathsep}{os.environ['PATH']}"})
    advice = re.search(r" by flask\.signals \(\S+signals\.py:\d+\)\. Start the program with `(.*?)`", done.stderr)
    assert advice
    _, *arguments = shlex.split(advice[1])
    assert arguments == ["-m", "aldis", str(flask), "routes"]
    for command in (arguments, ["-m", "aldis", "flask", "routes"]):
        assert "/static/" in succeed(run, *command, cwd=tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="needs the command env")
def test_a_command_that_is_no_python_script_starts_its_children_on_aldis(run: Run, tmp_path: Path) -> None:
    child = [sys.executable, "-c", "import blinker; print(blinker.__name__)"]
    assert succeed(run, "-m", "aldis", "env", *child, cwd=tmp_path) == "aldis\n"
    (tmp_path / "env").write_text("print('a script of that name')")
    assert succeed(run, "-m", "aldis", "env", *child, cwd=tmp_path) == "a script of that name\n"


PROGRAM = """
import sys, blinker
print(__name__, sys.argv, sys.path, sys.flags.dev_mode, sys.warnoptions)
print(blinker.__name__, file=sys.stderr)
sys.exit(sys.argv[-1] == "fail" and "went wrong")
"""


@pytest.mark.parametrize(
    "program",
    [
        "below/program.py --help a -m b",
        "-m program --help fail",
        "-m below -x",
        "below",
        "-X dev -P below/program.py",
        "",
    ],
)
def test_a_program_runs_as_python_runs_it(run: Run, tmp_path: Path, program: str) -> None:
    (tmp_path / "below").mkdir()
    for name in ("program.py", "below/program.py", "below/__main__.py"):
        (tmp_path / name).write_text(PROGRAM)
    arguments = program.split() or ["-c", PROGRAM, "", "fail"]
    plain, ours = run(*arguments, cwd=tmp_path), run("-m", "aldis", *arguments, cwd=tmp_path)
    assert plain.stderr.startswith("blinker\n") and ours.stderr.startswith("aldis\n")
    assert (ours.returncode, ours.stdout) == (plain.returncode, plain.stdout)
    assert ours.returncode == (arguments[-1] == "fail")


@pytest.mark.parametrize("arguments", ["--version", "-VV", "-m", "-m no_such_module", "no_such_script.py", "-c", "-?"])
def test_other_arguments_give_what_python_gives(run: Run, arguments: str) -> None:
    plain, ours = run(*arguments.split()), run("-m", "aldis", *arguments.split())
    assert (ours.returncode, ours.stdout, ours.stderr) == (plain.returncode, plain.stdout, plain.stderr)


@pytest.mark.parametrize("start", ["-W ignore -m aldis", "-Wignore -um aldis", "-Wignore -maldis"])
def test_options_before_aldis_stay_in_force(run: Run, start: str) -> None:
    script = "import sys; print(sys.warnoptions, '-u' in sys.orig_argv)"
    assert succeed(run, *start.split(), "-c", script) == f"['ignore'] {'-um' in start}\n"


@pytest.mark.parametrize("start", ["-I -m aldis", "-m aldis -BE", "-m aldis -S"])
def test_options_that_hide_aldis_are_refused(run: Run, start: str) -> None:
    done = run(*start.split(), "-c", "print('ran')")
    assert (done.returncode, done.stdout) == (1, "")
    assert "python -m aldis: the options -E, -I and -S hide aldis" in done.stderr


def test_child_processes_get_aldis_and_the_next_sitecustomize(run: Run, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys, blinker; sys.next = blinker.__name__")
    child = "import sys, sitecustomize; print(sys.next, sitecustomize.__file__, 'startup' in str(sys.path))"
    script = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}], check=True)"
    said = succeed(run, "-m", "aldis", "-m", "aldis", "-c", script, env={"PYTHONPATH": str(tmp_path)})
    assert said == f"aldis {tmp_path / 'sitecustomize.py'} False\n"
    without = succeed(run, "-m", "aldis", "-c", script.replace("sys.next", "1"), env={"PYTHONPATH": ""})
    assert "_startup" in without.split()[1]


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_shows_how_to_use_it(run: Run, option: str) -> None:
    assert "\npython -m aldis flask run " in succeed(run, "-m", "aldis", option)


def test_alone_it_reports(run: Run, core: str) -> None:
    why = " (ALDIS_PURE_PYTHON=1 asks for the pure core)" if core == "pure" else ""
    python = f"{sys.implementation.name} {platform.python_version()} at {sys.executable}"
    assert succeed(run, "-m", "aldis") == f"aldis {aldis.__version__}, {core} core{why}, on {python}\n"


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="the compiled core is for CPython")
def test_a_missing_core_is_explained_and_warns_in_debug_mode(run: Run) -> None:
    missing = "import os, sys; os.environ.pop('ALDIS_PURE_PYTHON'); sys.modules['aldis._dispatch_c'] = None; "
    said = succeed(run, "-c", missing + "sys.argv = [1]; import runpy; runpy.run_module('aldis', None, '__main__')")
    assert said.startswith(f"aldis {aldis.__version__}, pure core (the compiled core cannot be imported: ")
    assert "Set ALDIS_EXTENSION=1 and run `" in said and "-m pip install --force-reinstall" in said
    for option, debug in (("-Xutf8", ""), ("-Xutf8", "0"), ("-Xutf8", "1"), ("-Xdev", "")):
        for before, warns in (("", False), (missing, debug == "1" or option == "-Xdev")):
            done = run(option, "-c", f"{before}import aldis", env={"ALDIS_DEBUG": debug})
            assert ("<string>:1: RuntimeWarning: aldis runs on its pure-Python core" in done.stderr) == warns

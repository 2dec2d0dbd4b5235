"""Type checkers: what they report on programs that use aldis, and whether the stub matches the code."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import aldis

HERE = Path(__file__).parent
USES = ["bare_uses.py", "typed_uses.py", "added_uses.py"]
MISUSES = ["bare_misuses.py", "typed_misuses.py", "added_misuses.py"]
PACKAGE = Path(aldis.__file__).resolve().parent
INSTALLED = "site-packages" in PACKAGE.parts

Errors = dict[tuple[str, int], set[str]]  # the codes or rules at each file and line

# Overloads with a ParamSpec always have *args, and a typed signal has members for type checkers only.
STUBTEST_REPORTS = {
    *(
        f'aldis.signals.Signal.{name} is inconsistent, runtime does not have *args parameter "args"'
        for name in ["send", "send_all", "emit", "send_async", "send_all_async"]
    ),
    "aldis.signals.TYPE_CHECKING is not present in stub",
    "aldis.signals.Signal._protocol is not present at runtime",
    "aldis.signals.Signal._takes is not present at runtime",
    "aldis.signals._PNamespaceSignal is a disjoint base at runtime, but isn't marked with @disjoint_base in the stub",
    "aldis.signals._PNamespaceSignal.__call__ is not present at runtime",
}


def run(module: str, *arguments: str, folder: Path) -> str:
    """Run a type checker in a folder without a configuration of the project, and return its output."""
    if find_spec(module.partition(".")[0]) is None:
        pytest.skip(f"{module} is not installed")
    path = {} if INSTALLED else {"PYTHONPATH": str(PACKAGE.parent), "MYPYPATH": str(PACKAGE.parent)}
    path["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])  # for pyright --verifytypes
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=folder,
        env={**os.environ, **path, "ALDIS_PURE_PYTHON": "1"},  # stubtest reads the signatures of Python functions
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.stdout


def mypy(files: list[str], folder: Path) -> Errors:
    options = ["--strict", "--python-version=3.11", "--config-file=", "--cache-dir=cache", "--no-error-summary"]
    output = run("mypy", *options, *files, folder=folder)
    errors: Errors = {}
    for line in output.splitlines():
        if ": note: " in line:
            continue
        match = re.fullmatch(r"(\w+\.py):(\d+): error: .*\[([\w-]+)\]", line)
        assert match, output
        errors.setdefault((match[1], int(match[2])), set()).add(match[3])
    return errors


def pyright(files: list[str], folder: Path) -> Errors:
    settings = {"typeCheckingMode": "strict", "pythonVersion": "3.11"}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    report: Any = json.loads(run("pyright", "--outputjson", "--pythonpath", sys.executable, folder=folder))
    assert report["summary"]["filesAnalyzed"] == len(files)
    errors: Errors = {}
    for found in report["generalDiagnostics"]:
        place = Path(found["file"]).name, found["range"]["start"]["line"] + 1
        errors.setdefault(place, set()).add(found["rule"])
    return errors


@pytest.fixture(scope="module", params=[mypy, pyright])
def checked(request: Any, tmp_path_factory: Any) -> tuple[int, Errors]:
    """The column of the checker in the comments of the misuses, and its errors in all files."""
    folder = tmp_path_factory.mktemp(request.param.__name__)
    for name in USES + MISUSES:
        shutil.copy(HERE / name, folder)
    return [mypy, pyright].index(request.param), request.param(USES + MISUSES, folder)


@pytest.mark.parametrize("name", USES)
def test_a_right_use_gives_no_error(checked: tuple[int, Errors], name: str) -> None:
    assert {place: codes for place, codes in checked[1].items() if place[0] == name} == {}


@pytest.mark.parametrize("name", MISUSES)
def test_a_wrong_use_gives_the_error_in_its_comment(checked: tuple[int, Errors], name: str) -> None:
    column, found = checked
    expected: Errors = {}
    for number, line in enumerate((HERE / name).read_text(encoding="utf-8").splitlines(), 1):
        _, marked, codes = line.partition("  # error: ")
        if marked:
            expected[name, number] = set(codes.split(" | ")[column].split())
    assert len(expected) >= 25
    assert {place: codes for place, codes in found.items() if place[0] == name} == expected


def test_the_stub_matches_the_code(tmp_path: Path) -> None:
    output = run("mypy.stubtest", "--concise", "aldis.signals", folder=tmp_path)
    assert set(output.splitlines()) == STUBTEST_REPORTS


def test_everything_public_has_a_type(tmp_path: Path) -> None:
    options = ["--verifytypes", "aldis", "--ignoreexternal", "--outputjson", "--pythonpath", sys.executable]
    report = json.loads(run("pyright", *options, folder=tmp_path))["typeCompleteness"]
    unknown = {s["name"]: s["diagnostics"] for s in report["symbols"] if s["isExported"] and not s["isTypeKnown"]}
    assert unknown == {}
    assert report["completenessScore"] == 1
    assert (PACKAGE / "py.typed").exists()

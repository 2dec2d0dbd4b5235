"""What type checkers say of the package and of programs that use it."""

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

HERE = Path(__file__).parent / "typing"
PACKAGE = Path(aldis.__file__).resolve().parent
INSTALLED = "site-packages" in PACKAGE.parts


def check(tool: str, *arguments: str, folder: Path) -> str:
    """Run a type checker in a folder without settings of its own, and return what it prints."""
    if find_spec(tool) is None:
        pytest.skip(f"{tool} is not installed")
    path = {} if INSTALLED else {"PYTHONPATH": str(PACKAGE.parent), "MYPYPATH": str(PACKAGE.parent)}
    done = subprocess.run(
        [sys.executable, "-m", tool, *arguments],
        cwd=folder,
        env={**os.environ, **path},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.stdout


def mypy(file: Path, folder: Path) -> dict[int, str]:
    """Return mypy's objections by line."""
    options = ["--strict", "--python-version=3.10", "--config-file=", "--cache-dir=cache"]
    said = check("mypy", *options, file.name, folder=folder)
    found = re.findall(rf"^.*?{file.name}:(\d+): error: (.*)$", said, re.MULTILINE)
    assert found or "Success" in said, said
    assert said.count(": error: ") == len(found), said
    return {int(line): text for line, text in found}


def pyright(file: Path, folder: Path) -> dict[int, str]:
    """Return pyright's objections by line."""
    settings = {"typeCheckingMode": "strict", "pythonVersion": "3.10", "reportUnusedExpression": "none"}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    said: Any = json.loads(check("pyright", "--outputjson", "--pythonpath", sys.executable, folder=folder))
    assert said["summary"]["filesAnalyzed"] == 1
    return {found["range"]["start"]["line"] + 1: found["message"] for found in said["generalDiagnostics"]}


checkers = pytest.mark.parametrize("checker", [mypy, pyright])


@checkers
def test_right_uses(checker: Any, tmp_path: Path) -> None:
    file = shutil.copy(HERE / "uses.py", tmp_path)
    assert checker(Path(file), tmp_path) == {}


@checkers
def test_wrong_uses(checker: Any, tmp_path: Path) -> None:
    file = Path(shutil.copy(HERE / "misuses.py", tmp_path))
    lines = file.read_text(encoding="utf-8").splitlines()
    wanted = {number for number, line in enumerate(lines, 1) if line.endswith("  # error")}
    found = checker(file, tmp_path)
    assert {lines[number - 1] for number in wanted - set(found)} == set(), "not objected to"
    assert {number: text for number, text in found.items() if number not in wanted} == {}, "objected to"


def test_everything_public_has_a_type(tmp_path: Path) -> None:
    options = ["--verifytypes", "aldis", "--ignoreexternal", "--outputjson", "--pythonpath", sys.executable]
    said = json.loads(check("pyright", *options, folder=tmp_path))["typeCompleteness"]
    lacking = {s["name"]: s["diagnostics"] for s in said["symbols"] if s["isExported"] and not s["isTypeKnown"]}
    assert lacking == {}
    assert said["completenessScore"] == 1
    assert (PACKAGE / "py.typed").exists()

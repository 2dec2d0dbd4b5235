"""mypy and pyright find the mistakes on the page about typed signals, and no others."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from .pages import ROOT, blocks

PAGE = ROOT / "docs" / "guide" / "typing.md"


def check(tool: str, *arguments: str, folder: Path) -> str:
    """Run a type checker, and return what it prints."""
    if find_spec(tool) is None:
        pytest.skip(f"{tool} is not installed")
    command = [sys.executable, "-m", tool, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.stdout


def mypy(file: Path) -> set[int]:
    """Return the lines to which mypy objects."""
    said = check("mypy", "--strict", "--config-file=", "--cache-dir=cache", file.name, folder=file.parent)
    return {int(line) for line in re.findall(rf"^{file.name}:(\d+): error: ", said, re.MULTILINE)}


def pyright(file: Path) -> set[int]:
    """Return the lines to which pyright objects."""
    said = json.loads(check("pyright", "--outputjson", "--pythonpath", sys.executable, file.name, folder=file.parent))
    assert said["summary"]["filesAnalyzed"] == 1
    return {found["range"]["start"]["line"] + 1 for found in said["generalDiagnostics"]}


@pytest.mark.parametrize("checker", [mypy, pyright])
def test_type_checkers_find_the_mistakes(checker: object, tmp_path: Path) -> None:
    text = "".join(block.text for block in blocks(PAGE) if block.language == "python")
    file = tmp_path / "page.py"
    file.write_text(text)
    lines = text.splitlines()
    found = {lines[number - 1] for number in checker(file)}  # type: ignore[operator]
    assert found == {line for line in lines if "  # error: " in line} != set()

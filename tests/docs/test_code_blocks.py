"""The Python blocks of README and documentation run, and show what they say."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from .pages import PAGES, blocks, name

RUNNER = Path(__file__).with_name("run_blocks.py")
Run = Callable[..., CompletedProcess[str]]


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_block_is_one_that_tests_run(page: Path) -> None:
    assert {block.language for block in blocks(page)} <= {"python", "sh"}
    opened = re.findall(r"^`{3,}(\S.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    directives = {"{toctree}", "{raw} html", "{include}", "{literalinclude}", "{results-tables}"}
    others = [fence for fence in opened if fence.removeprefix("{code-block} ") not in ("python", "sh", "text")]
    assert [fence for fence in others if not fence.startswith(tuple(directives))] == []


@pytest.mark.parametrize("page", [page for page in PAGES if "python\n" in page.read_text("utf-8")], ids=name)
def test_python_blocks_run(page: Path, run: Run, tmp_path: Path) -> None:
    done = run("-W", "error", str(RUNNER), str(page), cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    wanted = sum(block.language == "python" for block in blocks(page))
    assert int(done.stdout.splitlines()[-1].split()[0]) >= wanted > 0

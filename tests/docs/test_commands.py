"""The commands of README and documentation do what the text says."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

from .pages import PAGES, ROOT, Block, blocks, name

# Commands that need an empty environment are run by sessions.
SESSIONS = {"pip install aldis": "packaging", "-m pytest": "readme", "-m benchmarks": "benchmarks"}
SERVERS = ("flask ", "examples/flask_app.py")

APP = "import flask\n\napp = flask.Flask(__name__)\n\n\n@app.get('/')\ndef front_page():\n    return 'Hello'\n"


def session(text: str) -> str | None:
    """Return the session that runs a command, or None if a test here does."""
    if text.startswith(("pip install", "python3 -m venv")):
        return next(session for part, session in SESSIONS.items() if part in text)
    return None


COMMANDS = [block for page in PAGES for block in blocks(page) if block.language == "sh"]
HERE = [block for block in COMMANDS if session(block.text) is None]


def block_name(block: Block) -> str:
    return f"{name(block.page)}: {block.text.splitlines()[0]}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a folder with an application and the examples."""
    (tmp_path / "app.py").write_text(APP)
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    return tmp_path


@pytest.fixture
def environment(core: str) -> dict[str, str]:
    """Make an environment in which ``python`` is this one."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return {**os.environ, "PATH": path, "ALDIS_PURE_PYTHON": "1" if core == "pure" else "0"}


def write_files(page: Path, folder: Path) -> None:
    """Write the files that the page shows."""
    for block in blocks(page):
        if block.caption:
            (folder / block.caption).write_text(block.text)


def test_sessions_run_the_other_commands() -> None:
    noxfile = (ROOT / "noxfile.py").read_text()
    for block in COMMANDS:
        its_session = session(block.text)
        assert its_session is None or f"\ndef {its_session}(" in noxfile


@pytest.mark.parametrize(
    "block", [block for block in HERE if not any(s in block.text for s in SERVERS)], ids=block_name
)
def test_command(block: Block, folder: Path, environment: dict[str, str]) -> None:
    write_files(block.page, folder)
    done = subprocess.run(
        ["bash", "-euc", block.text],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout
    for line in block.output.splitlines():
        pattern = ".*".join(re.escape(part) for part in line.split("…"))
        assert re.search(pattern, done.stdout), done.stdout


@pytest.mark.parametrize("block", [block for block in HERE if any(s in block.text for s in SERVERS)], ids=block_name)
def test_server(block: Block, folder: Path, environment: dict[str, str]) -> None:
    write_files(block.page, folder)
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = str(found.getsockname()[1])
    command = block.text.replace("8000", port)
    log = folder / "log"
    with log.open("w") as file:
        server = subprocess.Popen(
            ["bash", "-euc", f"exec {command}"],
            cwd=folder,
            env={**environment, "FLASK_RUN_PORT": port},
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                with urlopen(f"http://127.0.0.1:{port}/", timeout=10) as response:
                    text = response.read().decode()
                break
            except OSError:
                assert server.poll() is None and time.monotonic() < deadline, log.read_text()
                time.sleep(0.1)
    finally:
        server.kill()
        server.wait()
    if "hello" in command:
        assert text == "Signals by aldis\n"

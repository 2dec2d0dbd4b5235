"""``examples/flask_app.py`` runs as a real server and does what its text says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

APP = Path(__file__).parents[2] / "examples" / "flask_app.py"

WAYS = {"script": [str(APP), "0"], "flask run": ["-m", "flask", "--app", f"{APP}:shop", "run", "--port", "0"]}

Ask = Callable[..., "tuple[int, str]"]


@pytest.fixture(params=WAYS)
def ask(request: pytest.FixtureRequest, core: str, tmp_path: Path) -> Iterator[Ask]:
    """Start the server on a free port, and return a function that sends a request and returns status and text."""
    environment = {
        **os.environ,
        "ALDIS_PURE_PYTHON": "1" if core == "pure" else "0",
        "PYTHONUNBUFFERED": "1",
        "SHOP_LOGIN_LOG": str(tmp_path / "logins.log"),
    }
    command = [sys.executable, "-m", "aldis", *WAYS[request.param]]
    output = tmp_path / "output"
    with output.open("w") as file:
        server = subprocess.Popen(command, env=environment, stdout=file, stderr=file)
    try:
        base = None
        for _ in range(600):
            base = re.search(r"Running on (http://127\.0\.0\.1:\d+)", output.read_text())
            if base or server.poll() is not None:
                break
            time.sleep(0.1)
        assert base, output.read_text()
        address = base[1]

        def ask(path: str, **form: str) -> tuple[int, str]:
            data = urlencode(form).encode() if form else None
            try:
                with urlopen(address + path, data, timeout=60) as response:
                    return response.status, response.read().decode()
            except HTTPError as error:
                with error:
                    return error.code, error.read().decode()

        yield ask
    finally:
        server.kill()
        server.wait()


def test_the_example_does_what_it_says(ask: Ask, tmp_path: Path) -> None:
    assert ask("/") == (200, "Everything must go.\n")
    assert "request-started" in json.loads(ask("/office/diary")[1])

    # The login: its signal is logged with time, address and user.
    assert ask("/login", user="ada") == (200, "Welcome, ada!\n")
    log = (tmp_path / "logins.log").read_text()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} 127\.0\.0\.1 ada\n", log)
    assert ask("/office/diary")[0] == 200

    # A checkout that fails: all ten of Flask's signals.
    assert ask("/checkout", basket="full") == (500, "Sorry. Your basket is safe.\n")
    assert len([entry for entry in json.loads(ask("/office/diary")[1]) if "hook" not in entry]) == 10

    # Only visits to the shop were counted, and aldis sent the signals.
    assert json.loads(ask("/office/visits")[1]) == {"visits": 3, "signals by": "aldis"}

"""Run the files in ``tests/scripts``, each in a process of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parents[1]

Run = Callable[..., Any]


def run_script(run: Run, name: str, *arguments: object, stdout: str = "", returncode: int = 0, **options: Any) -> None:
    """Run ``tests/scripts/NAME.py`` in development mode. It must print only ``stdout`` and exit with ``returncode``."""
    script = TESTS / "scripts" / f"{name}.py"
    options["env"] = {"ALDIS_DEBUG": "0", **options.get("env", {})}  # receivers that die unheard are no error here
    done = run("-X", "dev", "-W", "error", script, *map(str, arguments), **options)
    assert (done.returncode, done.stdout, done.stderr) == (returncode, stdout, ""), done.stderr

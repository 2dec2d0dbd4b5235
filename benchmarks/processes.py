"""Contestants in processes of their own, that take turns: each waits until it is asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from .contestants import COMPILED, PURE

_running: dict[tuple[str, ...], Process] = {}


class Process:
    """A process that carries out tasks of :mod:`benchmarks.worker`, one at a time."""

    def __init__(self, contestant: str, environment: dict[str, str]) -> None:
        self.popen = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", contestant],
            cwd=Path(__file__).parent.parent,
            env=environment_for(contestant) | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, task: str, **arguments: Any) -> Any:
        """Have a task carried out, and return its answer."""
        assert self.popen.stdin is not None
        assert self.popen.stdout is not None
        print(json.dumps({"task": task, **arguments}), file=self.popen.stdin, flush=True)
        answer = self.popen.stdout.readline()
        if not answer:
            raise RuntimeError(f"The process for {task} ended with status {self.popen.wait()}.")
        return json.loads(answer)

    def stop(self) -> None:
        self.popen.communicate()


def environment_for(contestant: str) -> dict[str, str]:
    """Return an environment in which aldis runs on the contestant's core."""
    environment = dict(os.environ)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # nobody compiles what is installed at every start
    if contestant in (PURE, COMPILED):
        environment["ALDIS_PURE_PYTHON"] = "1" if contestant == PURE else "0"
    return environment


def process(contestant: str, purpose: str = "", **environment: str) -> Process:
    """Return the process of a contestant for a purpose; it stays until all are stopped."""
    key = contestant, purpose, *environment.values()
    if key not in _running:
        _running[key] = Process(contestant, environment)
    return _running[key]


def stop_all() -> None:
    while _running:
        _running.popitem()[1].stop()

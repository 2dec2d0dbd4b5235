"""Brokers of the tests' own, processes that relay, and what both need."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

import kombu


def wait_for(condition: Callable[[], Any], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited {seconds} s in vain"
        time.sleep(0.01)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


class Broker:
    """A server on ports and in a folder of its own. It may be killed and started again."""

    program = url = ""
    options: ClassVar[dict[str, Any]] = {}

    def __init__(self, folder: Path) -> None:
        self.folder, self.ports = folder, [free_port() for _ in range(3)]
        self.url = f"{self.url}://127.0.0.1:{self.ports[0]}"
        self.environment, self.arguments = dict(os.environ), list[str]()
        self.prepare()

    def prepare(self) -> None: ...

    @classmethod
    def missing(cls) -> str | None:
        return None if shutil.which(cls.program) else f"{cls.program} is not installed"

    def start(self) -> None:
        with (self.folder / "output").open("a") as out:
            command = [self.program, *self.arguments]
            self.process = subprocess.Popen(
                command, env=self.environment, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=out, stderr=out
            )
        wait_for(self.answers, 60)

    def answers(self) -> bool:
        assert self.process.poll() is None, (self.folder / "output").read_text()[-3000:]
        with suppress(Exception), kombu.Connection(self.url) as connection:
            connection.ensure_connection(max_retries=1, interval_start=0)
            return True
        return False

    def stop(self) -> None:
        self.process.kill()
        self.process.wait(30)


class RabbitMQ(Broker):
    program, url = "/usr/lib/rabbitmq/bin/rabbitmq-server", "amqp"

    def prepare(self) -> None:
        self.arguments = ["-noinput"]
        self.environment |= {
            "HOME": str(self.folder),
            "RABBITMQ_ALLOW_INPUT": "1",  # runs the server itself, and no shell around it
            "RABBITMQ_NODENAME": "aldis@localhost",
            "RABBITMQ_NODE_PORT": str(self.ports[0]),
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_DIST_PORT": str(self.ports[1]),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "db"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "ERL_EPMD_PORT": str(self.ports[2]),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        }

    def stop(self) -> None:
        super().stop()
        subprocess.run(["epmd", "-kill"], env=self.environment, check=False, capture_output=True)


class Redis(Broker):
    program, url = "redis-server", "redis"
    # A message that a worker took and did not acknowledge comes back after this many seconds.
    options: ClassVar[dict[str, Any]] = {"transport_options": {"visibility_timeout": 3, "unacked_restore_throttle": 1}}

    def prepare(self) -> None:
        durable = ["--appendonly", "yes", "--appendfsync", "always", "--save", ""]
        self.arguments = ["--port", str(self.ports[0]), "--bind", "127.0.0.1", *durable]


BROKERS: dict[str, type[Broker]] = {"rabbitmq": RabbitMQ, "redis": Redis}


class Child:
    """A process that runs relay_child.py. What it prints is in ``lines``."""

    def __init__(self, output: Path, *arguments: object) -> None:
        self.output = output
        command = [sys.executable, str(Path(__file__).with_name("relay_child.py")), *map(str, arguments)]
        with output.open("w") as file:
            self.process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT)
        wait_for(lambda: self.process.poll() is not None or "ready" in self.lines, 60)
        assert self.process.poll() is None, output.read_text()

    @property
    def lines(self) -> list[str]:
        return self.output.read_text().rpartition("\n")[0].splitlines()

    def numbers(self, word: str = "handled") -> list[int]:
        """The numbers that the process printed after this word."""
        return [int(line.split()[1]) for line in self.lines if line.startswith(f"{word} ")]

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(30)

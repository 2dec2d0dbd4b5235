"""A Flask and a Quart application on any library with blinker's interface, called as a server calls them."""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import Callable
from typing import Any

from .libraries import NOTHING, Library
from .workloads import Log, receivers

SENT = (  # by a request that succeeds
    "appcontext_popped", "appcontext_pushed", "appcontext_tearing_down", "before_render_template",
    "request_finished", "request_started", "request_tearing_down", "template_rendered",
)  # fmt: skip
TEMPLATE = "<!doctype html><title>Hello</title><p>Hello, {{ name }}!"
SCOPE = {
    "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http", "path": "/",
    "raw_path": b"/", "query_string": b"", "root_path": "", "headers": [(b"host", b"localhost")],
    "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "extensions": {},
}  # fmt: skip


def fresh_import(framework: str, library: Library) -> tuple[Any, Any]:
    """Import a framework again, on the library in blinker's place; return it and its module of signals."""

    def take() -> dict[str, Any]:
        shared = ("blinker", "flask", "quart")
        return {name: sys.modules.pop(name) for name in list(sys.modules) if name.split(".")[0] in shared}

    before = take()
    sys.modules["blinker"] = library.module
    try:
        return importlib.import_module(framework), importlib.import_module(f"{framework}.signals")
    finally:
        take()
        sys.modules.update(before)


class Flask:
    """A Flask application with receivers on each signal of a request, every other one connected to it alone."""

    kind = "functions"

    def __init__(self, library: Library) -> None:
        from jinja2 import DictLoader
        from werkzeug.test import EnvironBuilder

        name = type(self).__name__
        self.framework, self.signals = fresh_import(name.lower(), library)
        self.silent = library.name == NOTHING
        self.app: Any = getattr(self.framework, name)("benchmarks")
        self.app.jinja_loader = DictLoader({"hello.html": TEMPLATE})
        self.app.add_url_rule("/", view_func=self.view())
        self.environ = EnvironBuilder(path="/").get_environ()
        self.connected: list[tuple[Any, Any]] = []

    def view(self) -> Callable[[], Any]:
        return lambda: self.framework.render_template("hello.html", name="you")

    def connect(self, many: int) -> None:
        """Connect this number of receivers to each signal, in place of those that were connected before."""
        logs: dict[str, Log] = {name: [] for name in SENT}
        self.connect_each(many, logs)
        self.serve(1)
        for log in logs.values():
            called = sorted(index for index, _ in log)
            assert called == ([] if self.silent else list(range(many))), "not every receiver was called once"
        self.connect_each(many, {})

    def connect_each(self, many: int, logs: dict[str, Log]) -> None:
        for signal, receiver in self.connected:
            signal.disconnect(receiver)
        self.connected = []
        for name in () if self.silent else SENT:
            signal = getattr(self.signals, name)
            for index, receiver in enumerate(receivers(many, self.kind, logs.get(name))):
                signal.connect(receiver, *([self.app] if index % 2 else []))
                self.connected.append((signal, receiver))

    def serve(self, number: int) -> None:
        """Serve this number of requests."""
        statuses = set()

        def start_response(status: str, headers: Any, exc_info: Any = None) -> Any:
            statuses.add(status)

        for _ in range(number):
            response = self.app(self.environ.copy(), start_response)
            for _ in response:
                pass
            response.close()
        assert statuses == {"200 OK"}


class Quart(Flask):
    """The same application on Quart."""

    kind = "coroutines"

    def __init__(self, library: Library) -> None:
        super().__init__(library)
        self.loop = asyncio.new_event_loop()
        self.loop.run_until_complete(self.app.startup())

    def view(self) -> Callable[[], Any]:
        async def hello() -> Any:
            return await self.framework.render_template("hello.html", name="you")

        return hello

    def serve(self, number: int) -> None:
        self.loop.run_until_complete(self._serve(number))

    async def _serve(self, number: int) -> None:
        statuses = set()
        for _ in range(number):
            messages, answered = [{"type": "http.request", "body": b"", "more_body": False}], asyncio.Event()

            async def receive(messages: Any = messages, answered: Any = answered) -> Any:
                if messages:
                    return messages.pop()
                await answered.wait()
                return {"type": "http.disconnect"}

            async def send(message: dict[str, Any], answered: Any = answered) -> None:
                statuses.add(message.get("status", 200))
                if message["type"] == "http.response.body" and not message.get("more_body"):
                    answered.set()

            await self.app(dict(SCOPE), receive, send)
        assert statuses == {200}

"""A Flask and a Quart application whose built-in signals have receivers, called as a server calls them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

SIGNALS = (
    "appcontext_popped",
    "appcontext_pushed",
    "appcontext_tearing_down",
    "before_render_template",
    "got_request_exception",
    "message_flashed",
    "request_finished",
    "request_started",
    "request_tearing_down",
    "template_rendered",
)
SENT = set(SIGNALS) - {"got_request_exception", "message_flashed"}  # in a request that goes well
TEMPLATE = "<!doctype html><title>Hello</title><p>Hello, {{ name }}!"


class Hooks:
    """An application, and receivers of each of its built-in signals: every other one connected to it alone."""

    signals: Any
    app: Any
    silent = False

    def __init__(self) -> None:
        self.receivers: list[Any] = []
        self.many = 0

    def connect(self, many: int) -> None:
        """Let each signal have so many receivers."""
        if many == self.many:
            return
        self.many = many
        called: list[tuple[str, int]] = []
        self._connect_all(lambda name, index: self.logging(called, name, index))
        self.serve(1)
        expected = [(name, index) for name in sorted(SENT) for index in range(many)]
        assert not called or sorted(called) == expected, "not every receiver was called once"
        assert called or self.silent, "no receiver was called"
        self._connect_all(lambda name, index: self.receiver())

    def _connect_all(self, receiver: Callable[[str, int], Any]) -> None:
        for signal, known in self.receivers:
            signal.disconnect(known)
        self.receivers = []
        for name in SIGNALS:
            signal = getattr(self.signals, name)
            for index in range(self.many):
                made = receiver(name, index)
                if index % 2:
                    signal.connect(made, self.app)
                else:
                    signal.connect(made)
                self.receivers.append((signal, made))

    def receiver(self) -> Any:
        def receiver(sender: Any, **kw: Any) -> None:
            pass

        return receiver

    def logging(self, called: list[tuple[str, int]], name: str, index: int) -> Any:
        def receiver(sender: Any, **kw: Any) -> None:
            called.append((name, index))

        return receiver

    def serve(self, number: int) -> float:
        """Serve so many requests, and return seconds per request."""
        raise NotImplementedError


class FlaskHooks(Hooks):
    def __init__(self) -> None:
        super().__init__()
        import flask
        from jinja2 import DictLoader
        from werkzeug.test import EnvironBuilder

        self.signals = flask.signals
        self.silent = flask.signals.request_started.send.__name__ == "<lambda>"
        self.app = flask.Flask(__name__)
        self.app.jinja_loader = DictLoader({"hello.html": TEMPLATE})
        self.app.add_url_rule("/", view_func=lambda: flask.render_template("hello.html", name="you"))
        self.environ = EnvironBuilder(path="/").get_environ()

    def serve(self, number: int) -> float:
        statuses = set()
        app, environ = self.app, self.environ

        def start_response(status: str, headers: Any, exc_info: Any = None) -> Any:
            statuses.add(status)

        began = time.perf_counter()
        for _ in range(number):
            response = app(environ.copy(), start_response)
            for _ in response:
                pass
            response.close()
        took = time.perf_counter() - began
        assert statuses == {"200 OK"}
        return took / number


class QuartHooks(Hooks):
    def __init__(self) -> None:
        super().__init__()
        import quart
        import quart.signals
        from jinja2 import DictLoader

        self.signals = quart.signals
        self.silent = quart.signals.request_started.send.__name__ == "<lambda>"
        self.app = quart.Quart(__name__)
        self.app.jinja_loader = DictLoader({"hello.html": TEMPLATE})

        async def hello() -> str:
            return await quart.render_template("hello.html", name="you")

        self.app.add_url_rule("/", view_func=hello)
        self.loop = asyncio.new_event_loop()
        self.loop.run_until_complete(self.app.startup())

    def receiver(self) -> Any:
        async def receiver(sender: Any, **kw: Any) -> None:
            pass

        return receiver

    def logging(self, called: list[tuple[str, int]], name: str, index: int) -> Any:
        async def receiver(sender: Any, **kw: Any) -> None:
            called.append((name, index))

        return receiver

    def serve(self, number: int) -> float:
        return self.loop.run_until_complete(self._serve(number))

    async def _serve(self, number: int) -> float:
        statuses = set()
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": "/",
            "raw_path": b"/",
            "query_string": b"",
            "root_path": "",
            "headers": [(b"host", b"localhost")],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
            "extensions": {},
        }

        def client() -> tuple[Callable[[], Any], Callable[[dict[str, Any]], Any]]:
            messages = iter([{"type": "http.request", "body": b"", "more_body": False}])
            answered = asyncio.Event()

            async def receive() -> dict[str, Any]:
                for message in messages:
                    return message
                await answered.wait()
                return {"type": "http.disconnect"}

            async def send(message: dict[str, Any]) -> None:
                if message["type"] == "http.response.start":
                    statuses.add(message["status"])
                elif not message.get("more_body"):
                    answered.set()

            return receive, send

        began = time.perf_counter()
        for _ in range(number):
            await self.app(dict(scope), *client())
        took = time.perf_counter() - began
        assert statuses == {200}
        return took / number

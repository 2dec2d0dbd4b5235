"""Check the spans that examples/opentelemetry_spans.py makes in a Flask application: run in examples/."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from typing import Any

import aldis.as_blinker
import flask
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

sys.path.insert(0, ".")
from opentelemetry_spans import trace_receivers

exporter = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(exporter))
trace.set_tracer_provider(provider)
tracer = trace.get_tracer("test")

app = flask.Flask("shop")
jobs = aldis.signal("jobs")


@app.get("/")
def front_page() -> str:
    with tracer.start_as_current_span("request"):
        return flask.render_template_string("Hello!")


@flask.template_rendered.connect
def count(sender: Any, **extra: Any) -> None:
    pass


@flask.request_started.connect
def not_chosen(sender: Any, **extra: Any) -> None:
    pass


@jobs.connect
async def fail(sender: Any, **extra: Any) -> None:
    await asyncio.sleep(0)
    raise ValueError("no job")


def spans() -> list[Any]:
    found = list(exporter.get_finished_spans())
    exporter.clear()
    return found


rendered: Any = flask.template_rendered  # a signal of aldis, although type checkers take it for one of blinker
undo = trace_receivers(rendered, jobs)

# A receiver of a chosen signal has a span below that of the request.
assert app.test_client().get("/").text == "Hello!"
child, request = spans()
assert (child.name, request.name) == ("count", "request")
assert child.parent.span_id == request.context.span_id
assert child.attributes["signal"] == rendered.name

# The exception of a coroutine is recorded.
with tracer.start_as_current_span("work"), suppress(ValueError):
    asyncio.run(jobs.send_async("worker"))
failed, work = spans()
assert (failed.name, work.name) == ("fail", "work")
assert not failed.status.is_ok
assert [event.attributes["exception.message"] for event in failed.events] == ["no job"]

# Outside a span, and after the end, there is none.
flask.template_rendered.send(app)
assert spans() == []
undo()
with tracer.start_as_current_span("request"):
    flask.template_rendered.send(app)
assert [span.name for span in spans()] == ["request"]
print("all spans are right")

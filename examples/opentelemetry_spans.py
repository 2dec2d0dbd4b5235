"""Give each receiver of chosen signals a span of its own, by ``aldis.trace``.

Run it with the package opentelemetry-sdk installed.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from opentelemetry import trace

import aldis

tracer = trace.get_tracer("aldis.receivers")


def trace_receivers(*signals: aldis.NamedSignal[Any]) -> Callable[[], None]:
    """Trace the receivers of these signals, and return a function that ends it."""
    names = {signal: signal.name for signal in signals}

    def hook(
        signal: aldis.Signal[Any],
        receiver: Callable[..., Any],
        sender: object,
        kwargs: dict[str, Any],
    ) -> AbstractContextManager[object] | None:
        if signal not in names or not trace.get_current_span().is_recording():
            return None
        name = getattr(receiver, "__qualname__", None) or type(receiver).__qualname__
        return tracer.start_as_current_span(name, attributes={"signal": names[signal]})

    return aldis.trace(hook)


# An example

order_placed = aldis.signal("order-placed")


@order_placed.connect
def print_receipt(sender: str, **extra: object) -> None:
    print("receipt")


def main() -> None:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor

    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(ConsoleSpanExporter()))
    trace.set_tracer_provider(provider)
    undo = trace_receivers(order_placed)
    with tracer.start_as_current_span("request"):
        order_placed.send("shop")
    undo()


if __name__ == "__main__":
    main()

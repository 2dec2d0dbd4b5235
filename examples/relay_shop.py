"""A shop that takes orders, and hears from another service that they are paid.

Start a broker and both services, and place an order:

    pip install "aldis[relay]" flask
    export RELAY_URL=amqp://localhost            # or redis://localhost
    python relay_shop.py
    python -m aldis.relay relay_billing:relay    # as often as you like: they share the work
    curl -X POST http://127.0.0.1:5000/orders/17
    curl http://127.0.0.1:5000/orders/17

With gunicorn, start the relay in each worker, after the fork:

    # gunicorn.conf.py
    def post_fork(server, worker):
        from relay_shop import relay
        relay.start()
"""

from __future__ import annotations

import os
import signal
from typing import Any

from flask import Flask
from relay_signals import order_paid, order_placed

from aldis.relay import Relay

app = Flask("shop")
paid: set[int] = set()

relay = Relay(os.environ.get("RELAY_URL", "amqp://localhost"), service="shop")
relay.publish(order_placed)
relay.subscribe(order_paid)  # no group: each worker keeps its own set


@order_paid.connect
def remember(sender: str, order: int, **extra: object) -> None:
    paid.add(order)


@app.post("/orders/<int:order>")
def place(order: int) -> dict[str, Any]:
    order_placed.send("shop", order=order)  # returns at once, even if the broker is away
    return {"order": order}


@app.get("/orders/<int:order>")
def show(order: int) -> dict[str, Any]:
    return {"order": order, "paid": order in paid}


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: exit())
    with relay:
        app.run(port=int(os.environ.get("PORT", "5000")))

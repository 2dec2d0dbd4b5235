"""Bills the orders of relay_shop.py. Run it with ``python -m aldis.relay relay_billing:relay``."""

from __future__ import annotations

import logging
import os

from relay_signals import order_paid, order_placed

from aldis.relay import Relay

relay = Relay(os.environ.get("RELAY_URL", "amqp://localhost"), service="billing")
relay.subscribe(order_placed, group="billing")  # one process of the group bills an order
relay.publish(order_paid)

billed: set[int] = set()  # a table with a unique key, in a real service


@order_placed.connect
def bill(sender: str, order: int, **extra: object) -> None:
    if order not in billed:  # a message may come twice
        billed.add(order)
        logging.info("billed order %d of %s", order, sender)
    order_paid.send("billing", order=order)

"""What the shop and the billing service say to each other."""

import aldis

order_placed = aldis.signal("order-placed", doc="Sent by the shop, with ``order``.")
order_paid = aldis.signal("order-paid", doc="Sent by billing, with ``order``.")

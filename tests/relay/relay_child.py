"""Run as ``relay_child.py ROLE URL OPTIONS [ARGUMENT]``: a process that publishes, or handles, the signal "number"."""

from __future__ import annotations

import json
import sys
import time
from functools import partial
from typing import Any

from relay_support import wait_for

import aldis
from aldis.relay import Relay

say = partial(print, flush=True)
number, answer = aldis.signal("number"), aldis.signal("answer")


def handle(sender: Any, /, n: int) -> None:
    say("begins", n, sender)
    time.sleep(pause)
    say("handled", n, sender)


role, url, options, argument = [*sys.argv[1:], "0"][:4]
pause = float(argument) if role == "worker" else 0.0
relay = Relay(url, service=role, options=json.loads(options), retry_delay=0.1)
if role.startswith("publisher"):  # publishes ARGUMENT numbers, and says how many the broker has confirmed
    relay.publish(number)
elif role == "worker":  # is one of a group, and takes ARGUMENT seconds for a message
    number.connect(handle)
    relay.subscribe(number, group="workers")
else:  # hears every message; the "answerer" answers each number with the next one
    number.connect(handle)
    relay.subscribe(number)
if role == "answerer":
    number.connect(lambda sender, n: answer.send(sender, n=n + 1), weak=False)
    relay.publish(number)
    relay.publish(answer)

with relay:
    wait_for(lambda: relay.connected)
    say("ready")
    for n in range(int(argument) if role.startswith("publisher") else 0):
        while relay.stats["queued"] > 1000:
            time.sleep(0.01)
        number.send(role, n=n)
        if n % 50 == 0:
            time.sleep(0.01)
            say("confirmed", relay.stats["published"])
    while True:
        time.sleep(1)

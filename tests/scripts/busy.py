"""Threads that connect, send and disconnect without end, for other scripts to import."""

import threading
from typing import Any

import aldis


class Thing:
    def method(self, sender: object, **kwargs: object) -> object:
        return sender


signal, things, stays = aldis.signal("busy"), [Thing() for _ in range(20)], Thing()
signal.connect(stays.method)
signal.receiver_connected.connect(lambda observed, **kwargs: None, weak=False)


def work() -> None:
    number = 0
    while True:
        thing: Any = things[number % 20]
        signal.connect(thing.method, thing)
        assert stays.method in [receiver for receiver, _ in signal.send(thing, keyword=number)]
        signal.disconnect(thing.method)
        signal.connect(lambda sender, **kwargs: None, "sender")
        number += 1


def start(number: int) -> None:
    for _ in range(number):
        threading.Thread(target=work, daemon=True).start()

"""Let ``__eq__`` of a key in a signal's ``__dict__`` replace that ``__dict__`` during each look-up by aldis."""

import aldis


class Key(str):
    armed = False
    target: str
    signal: aldis.Signal

    def __hash__(self) -> int:
        return hash(self.target)

    def __eq__(self, other: object) -> bool:
        if Key.armed:
            Key.armed = False
            fill = [{1: 1} for _ in range(300)]
            fill.clear()  # fills CPython's free list, so that the old dictionary's memory is freed
            self.signal.__dict__ = {}
        return False


def receiver(sender: object) -> None: ...


for target in ("receivers_for", "receiver_connected", "receiver_disconnected", "is_muted"):
    signal = aldis.Signal()
    key = Key("key")
    key.target, key.signal = target, signal
    signal.__dict__[key] = 1
    signal.__dict__["other"] = 1
    signal.send("sender")
    Key.armed = True
    signal.send("sender")
    signal.connect(receiver)
    signal.is_muted  # noqa: B018
    signal.disconnect(receiver)

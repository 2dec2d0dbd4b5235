"""The fixed script whose instructions are counted: ``python guarded.py CORE PATH TIMES``, all in one process."""

from __future__ import annotations

import sys


def main(core: str, path: str, times: int) -> None:
    from aldis._core import signals_on

    Signal = signals_on(core).Signal

    def function() -> object:
        def receiver(sender: object, **kw: object) -> None:
            pass

        return receiver

    class Sender:
        pass

    sender, extra = Sender(), function()
    kept = [function() for _ in range(11)]
    signals = {}
    for many in (0, 1, 10):
        signals[many] = Signal()
        for receiver in kept[:many]:
            signals[many].connect(receiver)
    table = Signal()
    table.connect(kept[10])

    def send(many: int, times: int) -> None:
        signal = signals[many]
        for _ in range(times):
            signal.send(sender)

    def send_keywords(many: int, times: int) -> None:
        signal = signals[many]
        for _ in range(times):
            signal.send(sender, a=1, b=2)

    def connect(times: int) -> None:
        for _ in range(times):
            table.connect(extra, sender)
            table.disconnect(extra, sender)

    paths = {
        "send to 0": lambda times: send(0, times),
        "send to 1": lambda times: send(1, times),
        "send to 10": lambda times: send(10, times),
        "send to 10, 2 keywords": lambda times: send_keywords(10, times),
        "connect and disconnect": connect,
    }
    for name, run in paths.items():
        run(200)  # every path is warm, whichever is counted
        if name == path:
            run(times)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))

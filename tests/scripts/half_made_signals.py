"""Use every signal that the garbage collector tracks, even while it is being made."""

import gc

import aldis


def receiver(sender: object) -> None: ...


def use_signals(phase: str, info: dict[str, int]) -> None:
    if phase == "stop":
        for signal in gc.get_objects():
            if isinstance(signal, aldis.Signal):
                try:
                    signal.connect(receiver)
                    signal.send("sender")
                    signal.has_receivers_for("sender")
                    signal.disconnect(receiver)
                except AttributeError:  # not initialised yet
                    pass


gc.callbacks.append(use_signals)
gc.set_threshold(1)
for _ in range(500):
    signal, lists = aldis.Signal(), [[] for _ in range(3)]

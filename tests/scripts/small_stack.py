"""Recurse without end through signals, in a thread with a small stack. ARGUMENTS: size of the stack, kind."""

import sys
import threading

import aldis


class Instance:
    def __call__(self, sender: object) -> None:
        signal.send(sender)


def function(sender: object) -> None:
    signal.send(sender)


signal, other = aldis.Signal(), aldis.Signal()
other.connect(signal.send, weak=False)
signal.connect({"signals": other.send, "function": function, "instance": Instance()}[sys.argv[2]], weak=False)


def recurse() -> None:
    try:
        signal.send("sender")
    except RecursionError:
        print("RecursionError")


threading.stack_size(int(sys.argv[1]))
thread = threading.Thread(target=recurse)
thread.start()
thread.join()

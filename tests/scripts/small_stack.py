"""Recurse without end in a thread with a small stack. ARGUMENTS: size of the stack, kind."""

import sys
import threading
from functools import partial

import aldis


class Instance:
    def __call__(self, sender: object) -> None:
        signal.send(sender)


class Partial:
    """The same without aldis: C code calls Python code, which calls C code."""

    def __call__(self, sender: object) -> None:
        partial(self, sender)()


def function(sender: object) -> None:
    signal.send(sender)


signal = aldis.Signal()
signal.connect({"partial": Partial(), "function": function, "instance": Instance()}[sys.argv[2]], weak=False)


def recurse() -> None:
    try:
        signal.send("sender")
    except RecursionError:
        print("RecursionError")


threading.stack_size(int(sys.argv[1]))
thread = threading.Thread(target=recurse)
thread.start()
thread.join()

"""Exit from a receiver. ARGUMENT: main or thread."""

import atexit
import sys
import threading

import aldis

signal, called = aldis.Signal(), []


def leave(sender: object) -> None:
    called.append("leave")
    sys.exit(5)


def last(sender: object) -> None:
    called.append("last")


@atexit.register
def send_again() -> None:
    signal.disconnect(leave)
    signal.send()
    print(*called)


signal.connect(leave)
signal.connect(last)
if sys.argv[1] == "main":
    signal.send()
else:
    thread = threading.Thread(target=signal.send)
    thread.start()
    thread.join()

"""Fork in a receiver: both processes finish the send and can change the signal from another thread."""

import os
import sys
import threading

import aldis

signal, pids = aldis.Signal(), []


def fork(sender: object) -> bool:
    pids.append(os.fork())
    signal.disconnect(fork)
    return bool(pids[-1])


def last(sender: object) -> str:
    return "last"


signal.connect(fork)
signal.connect(last)
results = [result for _, result in signal.send()]
assert results == [bool(pids[0]), "last"], results
thread = threading.Thread(target=signal.disconnect, args=(last,), daemon=True)
thread.start()
thread.join(30)
assert not thread.is_alive() and signal.send() == [], "the fork has kept the lock"
if pids[0]:
    sys.exit(os.waitpid(pids[0], 0)[1])

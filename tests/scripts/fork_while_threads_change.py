"""Fork while threads change a signal: the child must find no lock taken and a table that works."""

import faulthandler
import os
import sys
import tempfile
import threading
import warnings

import busy
from busy import Thing, signal, stays

import aldis

warnings.simplefilter("ignore", DeprecationWarning)  # threads are not in the child, as expected
sys.setswitchinterval(1e-5)
if sys.argv[1] == "sent":
    signal.send()
busy.start(2)


def use_signals() -> None:
    """Run in the child."""
    new, other = Thing(), aldis.Signal()
    signal.connect(new.method, new)
    found = [receiver for receiver, _ in signal.send(new)]
    assert found[0] == stays.method and found[-1] == new.method and len(found) == 2, found

    def change() -> None:
        other.connect(new.method)
        other.send()
        other.disconnect(new.method)

    thread = threading.Thread(target=change)
    thread.start()
    thread.join()
    signal.disconnect(stays.method)
    signal._clear_state()
    assert not signal.receivers and not signal._by_sender


with tempfile.TemporaryFile("w+") as log:
    failed = 0
    for _ in range(40):
        pid = os.fork()
        if not pid:
            faulthandler.dump_traceback_later(5, exit=True, file=log)
            use_signals()
            os._exit(0)
        failed += os.waitpid(pid, 0)[1] != 0
    log.seek(0)
    # Without the GIL, a fork can leave a lock of CPython's own dictionaries taken in the child.
    assert failed <= (not getattr(sys, "_is_gil_enabled", lambda: True)()), log.read()
thread = threading.Thread(target=signal.connect, args=(stays.method, "after"), daemon=True)
thread.start()
thread.join(30)
assert not thread.is_alive(), "the fork has kept the lock"

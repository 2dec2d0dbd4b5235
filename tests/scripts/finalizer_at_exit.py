"""Use signals in a finalizer at exit, when a daemon thread was stopped, perhaps in the middle of a change."""

import sys
import threading
import time
import types

import busy

import aldis

SOURCE = """
from weakref import ref

class Last:
    def __init__(self, signals, thing):
        self.signals, self.thing = signals, thing
        for signal in signals:
            signal.connect(thing.method)

    def method(self, sender, **kwargs):
        return sender

    def __del__(self, ref=ref, write=print):
        thing, key = ref(self.thing), (id(type(self.thing).method), id(self.thing))
        assert all(key in signal.receivers for signal in self.signals)
        del self.thing
        for signal in self.signals:
            assert thing() or key not in signal.receivers  # a stopped thread may hold the thing
            signal.connect(self.method, "last", weak=False)
            assert (self.method, "last") in signal.send("last")
            signal.disconnect(self.method)
            assert (self.method, "last") not in signal.send("last")
        write("last", flush=True)
"""
module = sys.modules["last"] = types.ModuleType("last")
exec(SOURCE, module.__dict__)
module.last = module.Last([busy.signal, aldis.signal("idle")], busy.Thing())


def work() -> None:
    """Run in daemon threads, whose frames keep this module's globals from the garbage collector."""
    if sys.argv[1] == "busy":
        busy.work()
    while True:  # changes that take long, so that a thread is probably stopped in one
        busy.signal._clear_state()
        for number in range(1000):
            busy.signal.connect(busy.stays.method, number)


if sys.argv[1] == "in a change":
    del module.last.signals[0]
for _ in range(6):
    threading.Thread(target=work, daemon=True).start()
time.sleep(0.1)

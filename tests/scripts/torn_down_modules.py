"""Keep signals in the globals of modules that disappear one by one at exit, while finalizers use what is left."""

import atexit
import sys
import types

import aldis

SOURCE = """
import aldis

class Last:
    def __init__(self, signal):
        self.signal = signal

    def method(self, sender, **kwargs):
        return sender

    def __del__(self):
        self.signal.send(self)
        self.signal.connect(self.method, "last")
        self.signal.connect(print, "last", weak=False)
        self.signal.disconnect(self.method)
        with self.signal.muted():
            self.signal.send("last")

signal = aldis.signal("torn")
things = [Last(signal) for _ in range(5)]
for thing in things:
    signal.connect(thing.method)
    signal.connect(thing.method, thing, weak=False)
    signal.connect(lambda sender, thing=thing: thing, [thing], weak=False)
own = Last(aldis.Signal())
own.signal.connect(own.method, own, weak=False)
own.signal.own = own
generator = signal.receivers_for(things[0])
next(generator)
"""
for number in range(3):
    module = sys.modules[f"torn_{number}"] = types.ModuleType(f"torn_{number}")
    exec(SOURCE, module.__dict__)
atexit.register(lambda: print(len(aldis.signal("torn").send(None))))

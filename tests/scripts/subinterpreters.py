"""Use aldis in interpreters of one process. ARGUMENTS: accelerated; isolated or legacy; who imports aldis first."""

import sys
import threading
from typing import Any

try:
    import _interpreters as interpreters
except ImportError:
    try:
        import _xxsubinterpreters as interpreters
    except ImportError:
        import _interpchannels  # noqa: F401 # tells why there are none

accelerated, isolated, first = sys.argv[1] == "True", sys.argv[2] == "isolated", sys.argv[3]
errors: list[BaseException] = []

LIVE = f"""
import aldis, gc
assert aldis.accelerated is {accelerated}

class Thing:
    def method(self, sender, **kwargs):
        return sender

things = [Thing() for _ in range(50)]
signal = aldis.signal("lives on")
for thing in things:
    signal.connect(thing.method)
    signal.connect(thing.method, thing, weak=False)
    signal.connect(lambda sender, **kwargs: things, [thing], weak=False)
for thing in things:
    assert len(signal.send(thing, keyword=1)) == 50
generator = signal.receivers_for(things[0])
next(generator)
cycle = aldis.Signal()
cycle.itself = cycle
cycle.connect(cycle.send, cycle, weak=False)
del things[25:], thing
gc.collect()
"""


def run(interpreter: Any, code: str) -> None:
    failed = interpreters.run_string(interpreter, code)
    if failed:
        raise SystemExit(failed.formatted)


def live(times: int) -> None:
    for _ in range(times):
        if sys.version_info >= (3, 13):
            interpreter = interpreters.create("isolated" if isolated else "legacy")
        else:
            interpreter = interpreters.create(isolated=isolated)
        try:
            run(interpreter, LIVE)
            run(interpreter, "assert len(signal.send(things[0])) == 50 == len(signal.send(None))")
        except BaseException as error:
            errors.append(error)
        finally:
            interpreters.destroy(interpreter)


if first == "other":
    live(4)
import aldis  # noqa: E402


class Thing:
    def method(self, sender: object) -> object:
        return sender


signal = aldis.Signal()
if first == "main":
    live(4)
threads = [threading.Thread(target=live, args=(2,)) for _ in range(4)] if first == "threads" else []
for thread in threads:
    thread.start()
for thread in [*threads, None]:
    while thread is None or thread.is_alive():
        thing = Thing()
        signal.connect(thing.method, thing)
        assert len(signal.send(thing)) == 1
        del thing
        if thread is None:
            break
assert not errors, errors
assert not signal.receivers

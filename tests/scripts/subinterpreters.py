"""Use aldis in interpreters of one process. ARGUMENTS: accelerated; isolated or legacy; who imports aldis first.

The compiled core serves one interpreter, the first that can load it. All others run on the pure core.
"""

import sys
import threading
from typing import Any

try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters

accelerated, isolated, first = sys.argv[1] == "True", sys.argv[2] == "isolated", sys.argv[3]
other_loads_it = accelerated and first == "other" and not (isolated and sys.version_info >= (3, 12))
errors: list[BaseException] = []

LIVE = """
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
REQUIRE = """
import os
before, os.environ["ALDIS_PURE_PYTHON"] = os.environ.pop("ALDIS_PURE_PYTHON", ""), "0"
try:
    import aldis
except ImportError as error:
    assert "ALDIS_PURE_PYTHON=0 requires the compiled core" in str(error)
else:
    raise AssertionError("imported")
finally:
    os.environ["ALDIS_PURE_PYTHON"] = before
"""


def run(interpreter: Any, code: str) -> None:
    failed = interpreters.run_string(interpreter, code)
    if failed:
        raise SystemExit(failed.formatted)


def live(*codes: str) -> None:
    for code in codes:
        if sys.version_info >= (3, 13):
            interpreter = interpreters.create("isolated" if isolated else "legacy")
        else:
            interpreter = interpreters.create(isolated=isolated)
        try:
            run(interpreter, code)
            if code != REQUIRE:
                run(interpreter, "assert len(signal.send(things[0])) == 50 == len(signal.send(None))")
        except BaseException as error:
            errors.append(error)
        finally:
            interpreters.destroy(interpreter)


PURE = LIVE.format(accelerated=False)
if first == "other":
    live(LIVE.format(accelerated=other_loads_it), PURE)
import aldis  # noqa: E402

assert aldis.accelerated is (accelerated and not other_loads_it)


class Thing:
    def method(self, sender: object) -> object:
        return sender


signal = aldis.Signal()
if first != "threads":
    live(PURE, *([REQUIRE] if accelerated else []), PURE)
threads = [threading.Thread(target=live, args=(PURE, PURE)) for _ in range(4)] if first == "threads" else []
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

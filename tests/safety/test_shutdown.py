"""Ends of interpreters, threads, forks and modules, each in a process of its own: none prints, none crashes."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable
from typing import Any

import pytest

Run = Callable[..., Any]
CPYTHON = sys.implementation.name == "cpython"

BUSY = """
import threading, aldis

class Thing:
    def method(self, sender, **kwargs): return sender

signal, things, stays = aldis.signal("busy"), [Thing() for _ in range(20)], Thing()
signal.connect(stays.method)
signal.receiver_connected.connect(lambda observed, **kwargs: None, weak=False)

def work():
    number = 0
    while True:
        thing = things[number % 20]
        signal.connect(thing.method, thing)
        assert stays.method in [receiver for receiver, _ in signal.send(thing, keyword=number)]
        signal.disconnect(thing.method)
        signal.connect(lambda sender, **kwargs: None, "sender")
        number += 1

def start(number):
    for _ in range(number):
        threading.Thread(target=work, daemon=True).start()
"""


def succeed(run: Run, script: str, expected: str = "", code: int = 0, **options: Any) -> None:
    done = run("-X", "dev", "-W", "error", "-c", script, **options)
    assert (done.returncode, done.stdout, done.stderr) == (code, expected, ""), done.stderr


# The interpreter ends


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python 3.10 can crash at its end while any daemon thread runs")
@pytest.mark.parametrize("how", ["falls off", "sys.exit(3)", "os._exit(3)", "raise SystemExit(3)"])
def test_threads_are_still_sending(run: Run, how: str) -> None:
    end = "" if how == "falls off" else how
    script = f"{BUSY}\nimport os, sys, time\nstart(3)\ntime.sleep(0.1)\nprint('end', flush=True)\n{end}"
    for _ in range(2):
        succeed(run, script, "end\n", 3 if end else 0)


@pytest.mark.skipif(not CPYTHON, reason="finalizers do not run at the end")
@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python 3.10 can crash at its end while any daemon thread runs")
@pytest.mark.parametrize("where", ["anywhere", "before a change", "in a change", "in a change that had to wait"])
def test_a_finalizer_runs_after_threads_were_stopped(run: Run, where: str) -> None:
    script = (
        BUSY
        + """
import sys, time, types
source = '''
from weakref import ref
class Last:
    def __init__(self, signals, thing):
        self.signals, self.thing = signals, thing
        for signal in signals: signal.connect(thing.method)
    def method(self, sender, **kwargs): return sender
    def __del__(self, ref=ref, write=print):
        thing, dies = ref(self.thing), (id(type(self.thing).method), id(self.thing))
        assert all(dies in signal.receivers for signal in self.signals)
        del self.thing
        for signal in self.signals:
            assert thing() or dies not in signal.receivers  # a stopped thread may hold it
            signal.connect(self.method, "last", weak=False)
            assert (self.method, "last") in signal.send("last")
            signal.disconnect(self.method)
            assert (self.method, "last") not in signal.send("last")
        write("last", flush=True)
'''
module = sys.modules["last"] = types.ModuleType("last")
exec(source, module.__dict__)
module.last = module.Last([signal, aldis.signal("idle")], Thing())
stuck = threading.Event()
class Stuck(str):
    def __hash__(self):
        stuck.set()
        time.sleep(1000)
class First(str):
    def __hash__(self, asked=[]):
        if not asked: asked.append(signal.connect(stays.method, Stuck()))
        return 1
def stop(sender):
    threading.Thread(target=signal.connect, args=(stays.method, sender), daemon=True).start()
    assert stuck.wait(30)
def crowd():
    for number in range(20_000): signal.connect(stays.method, number)
    def look():
        while True: signal._receivers_changed()  # which is long under way, so that the others wait for it
    for _ in range(6): threading.Thread(target=look, daemon=True).start()
    time.sleep(0.2)
"""
        + {
            "anywhere": "start(3); time.sleep(0.1)",
            "before a change": "crowd()",
            "in a change": "stop(Stuck())",
            "in a change that had to wait": "stop(First())",
        }[where]
    )
    succeed(run, script, "last\n")


def test_threads_end_with_the_interpreter(run: Run) -> None:
    """Threads that are waited for still send while the main module has been left."""
    script = """
import threading, time, aldis
signal, sent = aldis.Signal(), []
def receiver(sender): sent.append(sender)
def work():
    threading.main_thread().join()
    for number in range(1000):
        with signal.connected_to(receiver, number):
            signal.send(number)
    print(sent == list(range(1000)))
threading.Thread(target=work).start()
"""
    succeed(run, script, "True\n")


def test_exit_in_a_receiver(run: Run) -> None:
    script = """
import atexit, sys, aldis
signal, called = aldis.Signal(), []
def leave(sender):
    called.append("leave")
    sys.exit(5)
def last(sender): called.append("last")
signal.connect(leave); signal.connect(last)
@atexit.register
def tell():
    signal.disconnect(leave)
    signal.send()
    print(called)
signal.send()
"""
    succeed(run, script, "['leave', 'last']\n", 5)


def test_exit_in_a_thread_ends_the_thread_alone(run: Run) -> None:
    script = """
import sys, threading, aldis
signal = aldis.Signal()
def leave(sender): sys.exit(5)
signal.connect(leave)
thread = threading.Thread(target=signal.send); thread.start(); thread.join(30)
signal.disconnect(leave)
print(thread.is_alive(), signal.send())
"""
    succeed(run, script, "False []\n")


def test_modules_are_torn_down(run: Run) -> None:
    """Everything is in globals of modules that go one after another, and finalizers use what is left."""
    script = """
import atexit, sys, types, aldis, weakref
source = '''
import aldis
class Last:
    def __init__(self, signal): self.signal = signal
    def method(self, sender, **kwargs): return sender
    def __del__(self):
        self.signal.send(self)
        self.signal.connect(self.method, "last")
        self.signal.connect(print, "last", weak=False)
        self.signal.disconnect(self.method)
        with self.signal.muted(): self.signal.send("last")
signal = aldis.signal("torn")
things = [Last(signal) for _ in range(5)]
for thing in things:
    signal.connect(thing.method)
    signal.connect(thing.method, thing, weak=False)
    signal.connect(lambda sender, thing=thing: thing, [thing], weak=False)
own = Last(aldis.Signal())
own.signal.connect(own.method, own, weak=False)
own.signal.own = own
generator = signal.receivers_for(things[0]); next(generator)
'''
for number in range(3):
    module = sys.modules[f"torn_{number}"] = types.ModuleType(f"torn_{number}")
    exec(source, module.__dict__)
atexit.register(lambda: print(len(aldis.signal("torn").send(None))))
aldis.keep = module.signal
"""
    succeed(run, script, "15\n")


@pytest.mark.skipif(not CPYTHON, reason="another collector, with another order of things")
def test_a_signal_is_resurrected(run: Run) -> None:
    script = """
import gc, aldis
class Undying(aldis.Signal):
    def __del__(self):
        saved.append(self)
        self.send("in __del__")
class Thing:
    def method(self, sender): called.append(sender)
saved, called, thing = [], [], Thing()
for cyclic in (False, True):
    signal = Undying()
    signal.connect(thing.method)
    signal.connect(thing.method, "sender")
    if cyclic: signal.itself = signal; signal.connect(signal.send, signal, weak=False)
    signal.send("before")
    del signal
    gc.collect(); gc.collect()
    [signal] = saved
    signal.send("after")
    other = Thing()
    signal.connect(other.method)
    # The collector clears weak references that are garbage, or are to garbage, before it comes to __del__.
    found = [receiver for receiver, _ in signal.send("sender")]
    assert found == [thing.method, other.method] or (cyclic and found == [other.method]), found
    del other, found
    gc.collect()
    assert len(signal.send("sender")) == len(signal.receivers) == 1 or cyclic
    signal.connect(thing.method)
    assert [receiver for receiver, _ in signal.send("sender")] == [thing.method]
    signal.disconnect(thing.method)
    assert signal.send("sender") == []
    saved.clear()
    del signal
    gc.collect()
    saved.clear()
    gc.collect()
assert called[:3] == ["before", "in __del__", "after"], called
"""
    succeed(run, script)


# Forks


@pytest.mark.skipif(not CPYTHON, reason="what the threads let die would fill the table until a collection")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks")
@pytest.mark.parametrize("sent", [True, False], ids=["in full swing", "first sends"])
def test_forks_while_threads_change_the_table(run: Run, sent: bool) -> None:
    script = (
        BUSY
        + ("signal.send()" if sent else "")
        + """
import os, sys, tempfile, warnings
warnings.simplefilter("ignore", DeprecationWarning)  # it is known that threads are not in the child
sys.setswitchinterval(1e-5)
start(2)
hanging, log = 0, tempfile.TemporaryFile("w+")
for _ in range(40):
    pid = os.fork()
    if not pid:
        import faulthandler
        faulthandler.dump_traceback_later(5, exit=True, file=log)  # a child that hangs says where
        new = Thing()
        signal.connect(new.method, new)
        found = [receiver for receiver, _ in signal.send(new)]
        assert found[0] == stays.method and found[-1] == new.method and len(found) == 2, found
        other = aldis.Signal()
        def change(): other.connect(new.method); other.send(); other.disconnect(new.method)
        thread = threading.Thread(target=change); thread.start(); thread.join()  # so no lock is held
        signal.disconnect(stays.method)
        del new, found
        signal._clear_state()
        assert not signal.receivers and not signal._by_sender
        os._exit(0)
    hanging += os.waitpid(pid, 0)[1] != 0
log.seek(0)
# Without the GIL, a fork may now and then leave a lock of CPython's own dictionaries taken in the child.
assert hanging <= (not getattr(sys, "_is_gil_enabled", lambda: True)()), log.read()
log.close()
thread = threading.Thread(target=signal.connect, args=(stays.method, "after"), daemon=True)
thread.start(); thread.join(30)
assert not thread.is_alive(), "a fork has kept the lock"
"""
    )
    succeed(run, script)


@pytest.mark.skipif(not CPYTHON, reason="what the threads let die would fill the table until a collection")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks")
def test_a_fork_in_a_receiver(run: Run) -> None:
    script = """
import os, sys, threading, aldis
signal, pids = aldis.Signal(), []
def fork(sender):
    pids.append(os.fork())
    signal.disconnect(fork)
    return bool(pids[-1])
def last(sender): return "last"
signal.connect(fork); signal.connect(last)
results = [result for _, result in signal.send()]
assert results == [bool(pids[0]), "last"], results
thread = threading.Thread(target=signal.disconnect, args=(last,), daemon=True)
thread.start(); thread.join(30)
assert not thread.is_alive() and signal.send() == [], "a fork has kept the lock"
if not pids[0]: sys.exit(0)
sys.exit(os.waitpid(pids[0], 0)[1])
"""
    succeed(run, script)


# Greenlets


@pytest.mark.skipif(not importlib.util.find_spec("gevent"), reason="gevent is not installed")
def test_greenlets_switch_in_receivers(run: Run) -> None:
    script = """
import gevent, aldis
signal, trace, held = aldis.Signal(), [], []
def first(sender):
    trace.append(("first", sender))
    gevent.sleep(0)
    return sender
class Thing:
    def method(self, sender):
        trace.append(("method", sender))
        gevent.sleep(0.001 * (sender % 3))
        return sender
things = [Thing() for _ in range(5)]
signal.connect(first)
for thing in things: signal.connect(thing.method)
def send(number):
    own = Thing()
    with signal.connected_to(own.method, number):
        found = signal.send(number)
    assert [result for _, result in found] == [number] * 7, found
    assert [receiver for receiver, _ in found] == [first, *(thing.method for thing in things), own.method]
def change():
    for _ in range(50):
        other = Thing()
        signal.connect(other.method, "nobody")
        gevent.sleep(0)
        signal.disconnect(other.method)
jobs = [gevent.spawn(send, number) for number in range(30)] + [gevent.spawn(change) for _ in range(3)]
gevent.joinall(jobs, timeout=30, raise_error=True)
assert all(job.successful() for job in jobs)
assert trace[0] == ("first", 0) and trace[1] == ("first", 1), "they do switch"
killed = gevent.spawn(send, 1); gevent.sleep(0); killed.kill()
assert set(signal._by_sender) == {0}, "a greenlet that is killed leaves its block"
held.append(gevent.spawn(send, 2)); gevent.sleep(0)  # the interpreter ends in the midst of this
"""
    succeed(run, script)


# Interpreters in one process

INTERPRETERS = """
import sys, threading
try:
    import _interpreters as interpreters
except ImportError:
    try:
        import _xxsubinterpreters as interpreters
    except ImportError:
        import _xxinterpchannels
OWN = %r
def create():
    if sys.version_info >= (3, 13): return interpreters.create("isolated" if OWN else "legacy")
    return interpreters.create(isolated=OWN)
def run(each, code):
    failed = interpreters.run_string(each, code)
    if failed: raise SystemExit(failed.formatted)
LIVE = '''
import aldis, gc
assert aldis.accelerated is %r
class Thing:
    def method(self, sender, **kwargs): return sender
things = [Thing() for _ in range(50)]
signal = aldis.signal("lives on")
for thing in things:
    signal.connect(thing.method); signal.connect(thing.method, thing, weak=False)
    signal.connect(lambda sender, **kwargs: things, [thing], weak=False)
for thing in things: assert len(signal.send(thing, keyword=1)) == 50
generator = signal.receivers_for(things[0]); next(generator)
cycle = aldis.Signal(); cycle.itself = cycle; cycle.connect(cycle.send, cycle, weak=False)
del things[25:], thing
gc.collect()
'''
def live(times):
    for _ in range(times):
        each = create()
        try:
            run(each, LIVE)
            run(each, "assert len(signal.send(things[0])) == 50 == len(signal.send(None))")
        except BaseException as error:
            errors.append(error)
        finally:
            interpreters.destroy(each)
errors = []
"""


@pytest.mark.skipif(not CPYTHON, reason="there are no subinterpreters")
@pytest.mark.parametrize("own", [True, False], ids=["isolated", "legacy"])
@pytest.mark.parametrize("first", ["the main one", "another"])
def test_interpreters_come_and_go(run: Run, core: str, own: bool, first: str) -> None:
    script = INTERPRETERS % (own, core == "compiled")
    here = "import aldis\nsignal = aldis.Signal()\n@signal.connect\ndef receiver(sender): return 1\n"
    script += (here + "live(4)\n") if first == "the main one" else ("live(4)\n" + here)
    succeed(run, script + "assert signal.send() == [(receiver, 1)]\nassert not errors, errors\n")


@pytest.mark.skipif(not CPYTHON or sys.version_info < (3, 13), reason="before 3.12, one lock; 3.12 crashes of itself")
def test_interpreters_in_threads(run: Run, core: str) -> None:
    script = INTERPRETERS % (True, core == "compiled")
    script += """
import aldis
signal = aldis.Signal()
class Thing:
    def method(self, sender): return sender
threads = [threading.Thread(target=live, args=(2,)) for _ in range(4)]
for thread in threads: thread.start()
while any(thread.is_alive() for thread in threads):
    thing = Thing()
    signal.connect(thing.method, thing)
    assert len(signal.send(thing)) == 1
    del thing
for thread in threads: thread.join(60)
assert not errors, errors
assert not signal.receivers
"""
    succeed(run, script)

"""Many threads run all operations on shared signals, while receivers and senders die and the collector runs.

    cd tests; python -m support.stress --core compiled --seconds 60 --threads 8 --switch-interval 1e-6

The exit status is 1 when one of these promises is broken:

- Every send calls a receiver that stays connected exactly once, in its place.
- After ``disconnect`` returns, no send that begins later calls the receiver.
- No operation and no callback of a weak reference raises an exception.
- No thread hangs.
- In the end, every table is empty.
"""

from __future__ import annotations

import argparse
import copy
import faulthandler
import functools
import gc
import random
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from support.helpers import awaitable, finish

from aldis import ANY
from aldis._cores import signals_on

HANGING = 120  # seconds without a single operation


class Thing:
    """A mortal sender."""


class Watch:
    """A receiver, or the object that a receiver of another form calls. It checks its own calls."""

    def __init__(self, stays: bool = False) -> None:
        self.stays = stays
        self.ended: int | None = None  # when its last ``disconnect`` had returned
        self.itself: Any = None  # makes a cycle

    def __call__(self, sender: Any, *, began: int, calls: list[Watch]) -> Watch:
        if self.ended is not None and began > self.ended:
            raise AssertionError("a receiver was called by a send that began after it was disconnected")
        calls.append(self)
        return self

    method = __call__


FORMS: list[Callable[[Watch], Callable[..., Any]]] = [
    lambda watch: watch,
    lambda watch: watch.method,
    lambda watch: lambda sender, **keywords: watch(sender, **keywords),
    lambda watch: functools.partial(watch),
]


class Ordered(dict[Any, None]):
    """A ``set_class``."""

    def add(self, item: Any) -> None:
        self[item] = None

    def discard(self, item: Any) -> None:
        self.pop(item, None)


class Shared:
    """The signals, senders and receivers that the threads share."""

    def __init__(self, signals: ModuleType) -> None:
        self.muted = signals.Signal()
        self.edited = signals.Signal()  # whose ``receivers`` the threads replace
        overridden = {"receivers_for": lambda self, sender: signals.Signal.receivers_for(self, sender)}
        self.scoped = signals.Signal()  # here, no receiver that stays is connected to ANY
        self.signals = [
            self.scoped,
            signals.Signal(),
            signals.NamedSignal("named"),
            type("OrderedSignal", (signals.Signal,), {"set_class": Ordered})(),
            type("Overridden", (signals.Signal,), overridden)(),
        ]
        self.all = [*self.signals, self.muted, self.edited]
        self.senders: list[Any] = ["a", 1, None, [2], *(Thing() for _ in range(4))]
        self.mortal = range(4, 8)
        self.watches = [(sender, Watch(stays=True)) for sender in (ANY, ANY, ANY, *self.senders[:4])]
        self.staying = [(sender, form(watch)) for (sender, watch), form in zip(self.watches, FORMS * 2)]
        self.common = [form(Watch()) for form in FORMS]  # connected and disconnected by all threads
        for signal in self.signals:
            for sender, receiver in self.staying:
                if sender is not ANY or signal is not self.scoped:
                    signal.connect(receiver, sender, weak=sender is ANY)
        self.muted.connect(self.staying[0][1])

    def check(self, signal: Any, sender: Any, called: list[Watch]) -> None:
        chosen = (sender,) if signal is self.scoped else (sender, ANY)
        expected = [watch for to, watch in self.watches if any(to is one for one in chosen)]
        assert [watch for watch in called if watch.stays] == expected, (
            "a receiver that stays was not called once, in its place"
        )
        assert len(set(called)) == len(called), "a receiver was called twice"

    def end(self) -> Iterator[str]:
        """Disconnect all receivers and yield a description of everything that is left."""
        for signal in self.all:
            for receiver in [receiver for _, receiver in self.staying] + self.common:
                signal.disconnect(receiver)
        self.edited.receivers.clear()  # one thread may have restored an entry that another has disconnected
        self.senders.clear()
        for _ in range(3):
            gc.collect()
        for signal in self.all:
            if signal.is_muted:
                yield f"{signal!r} is muted for ever"
            for table in ("receivers", "_by_sender", "_by_receiver", "_weak_senders"):
                if left := getattr(signal, table):
                    yield f"{table} of {signal!r} has {len(left)} left"


class Worker(threading.Thread):
    """A thread that runs the methods named in ``OPERATIONS`` at random."""

    def __init__(self, shared: Shared, seed: int) -> None:
        super().__init__(daemon=True)
        self.shared = shared
        self.chance = random.Random(seed)
        self.done: Counter[str] = Counter()
        self.stopping = threading.Event()
        self.failure = ""

    def run(self) -> None:
        names, weights = list(OPERATIONS), list(OPERATIONS.values())
        try:
            while not self.stopping.is_set():
                [name] = self.chance.choices(names, weights)
                getattr(self, name)()
                self.done[name] += 1
        except BaseException:
            self.failure = traceback.format_exc()

    def coin(self) -> bool:
        return self.chance.random() < 0.5

    def signal(self) -> Any:
        return self.chance.choice(self.shared.signals)

    def sender(self) -> Any:
        return self.chance.choice(self.shared.senders)

    def receiver(self) -> tuple[Watch, Callable[..., Any]]:
        watch = Watch()
        receiver = self.chance.choice(FORMS)(watch)
        if self.chance.random() < 0.1:
            watch.itself = receiver
        return watch, receiver

    def call(self, signal: Any, sender: Any) -> list[Watch]:
        """Send in one of three ways, check the calls and return the receivers that were called."""
        calls: list[Watch] = []
        keywords = {"began": time.perf_counter_ns(), "calls": calls}
        way = self.chance.random()
        if way < 0.7:
            results = signal.send(sender, **keywords)
        elif way < 0.85:
            results = finish(signal.send_async(sender, _sync_wrapper=awaitable, **keywords))
        else:
            results = [(receiver, receiver(sender, **keywords)) for receiver in signal.receivers_for(sender)]
        assert [result for _, result in results] == calls, "the results are not those of the receivers"
        self.shared.check(signal, sender, calls)
        return calls

    # Operations

    def send(self) -> None:
        self.call(self.signal(), self.sender())

    def connect_and_disconnect(self) -> None:
        signal, sender = self.signal(), self.sender()
        watch, receiver = self.receiver()
        for to in (sender, ANY) if self.coin() else (sender,):
            signal.connect(receiver, to, weak=self.coin())
            assert self.call(signal, sender).count(watch) == 1, "a connected receiver is not called"
            if self.coin():
                signal.disconnect(receiver, to)
                assert watch not in self.call(signal, sender) or to is ANY, "a disconnected receiver is called"
        signal.disconnect(receiver)
        watch.ended = time.perf_counter_ns()
        assert watch not in self.call(signal, sender), "a disconnected receiver is called"

    def connect_common_receiver(self) -> None:
        receiver, to = self.chance.choice(self.shared.common), ANY if self.coin() else self.sender()
        signal = self.signal()
        signal.connect(receiver, to, weak=self.coin())
        if self.coin():
            self.call(signal, self.sender())

    def disconnect_common_receiver(self) -> None:
        receiver, to = self.chance.choice(self.shared.common), ANY if self.coin() else self.sender()
        self.signal().disconnect(receiver, to)

    def let_a_receiver_die(self) -> None:
        signal, sender = self.signal(), self.sender()
        for _ in range(3):
            signal.connect(self.receiver()[1], sender)
        self.call(signal, sender)

    def let_a_sender_die(self) -> None:
        signal, receiver = self.signal(), self.receiver()[1]
        sender = self.shared.senders[self.chance.choice(self.shared.mortal)] = Thing()
        signal.connect(receiver, sender, weak=self.coin())
        self.call(signal, sender)

    def inspect(self) -> None:
        signal, sender = self.chance.choice(self.shared.signals[1:]), self.sender()
        assert signal.has_receivers_for(sender) and signal.has_receivers_for(ANY)
        assert len(dict(signal.receivers)) >= len(self.shared.staying), "the public dictionary lacks receivers"
        assert len(signal._by_receiver) >= len(self.shared.staying), "_by_receiver lacks receivers"
        copied = copy.copy(signal)  # a disconnection from the original does not reach the copy
        self.shared.check(signal, sender, [watch for _, watch in copied.send(sender, began=0, calls=[])])
        if sys.version_info < (3, 12):  # the collector must not free weak references to an object that is just dying
            copied._clear_state()

    def edit_receivers(self) -> None:
        signal, receiver = self.shared.edited, self.receiver()[1]
        signal.connect(receiver, self.sender())
        saved = signal.receivers
        self.chance.choice([saved.clear, lambda: setattr(signal, "receivers", {}), signal._clear_state])()
        signal.send(self.sender(), began=0, calls=[])
        signal.receivers = saved
        signal.disconnect(receiver)

    def collect(self) -> None:
        gc.collect()


OPERATIONS = {
    "send": 40,
    "connect_and_disconnect": 20,
    "connect_common_receiver": 10,
    "disconnect_common_receiver": 10,
    "let_a_receiver_die": 10,
    "let_a_sender_die": 10,
    "inspect": 3,
    "edit_receivers": 3,
    "collect": 0.2,
}


def stress(core: str, seconds: float, threads: int, seed: int = 0) -> tuple[Counter[str], list[str]]:
    """Return the number of operations of each kind, and descriptions of broken promises."""
    shared = Shared(signals_on(core))
    broken: list[str] = []
    sys.unraisablehook = lambda what: broken.append("".join(traceback.format_exception(what.exc_value)))
    workers = [Worker(shared, seed * threads + number) for number in range(threads)]
    end, before = time.monotonic() + seconds, [-1] * threads
    for worker in workers:
        worker.start()
    while time.monotonic() < end and not broken and not any(worker.failure for worker in workers):
        now = [worker.done.total() for worker in workers]
        if all(a < b for a, b in zip(before, now)):
            faulthandler.dump_traceback_later(HANGING, exit=True)
            before = now
        time.sleep(min(0.5, seconds))
    for worker in workers:
        worker.stopping.set()
    faulthandler.dump_traceback_later(HANGING, exit=True)
    for worker in workers:
        worker.join()
        if worker.failure:
            broken.append(worker.failure)
    broken += shared.end()
    faulthandler.cancel_dump_traceback_later()
    return sum((worker.done for worker in workers), Counter()), broken


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--core", choices=["compiled", "pure"], required=True)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--threads", type=int, default=6)
    parser.add_argument("--switch-interval", type=float, default=sys.getswitchinterval(), metavar="SECONDS")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    faulthandler.enable()
    sys.setswitchinterval(options.switch_interval)
    gc.collect()
    gc.freeze()
    gc.set_threshold(300, 5, 5)
    started = time.monotonic()
    done, broken = stress(options.core, options.seconds, options.threads, options.seed)
    for name, number in sorted(done.items()):
        print(f"{number:12,} {name}")
    print(f"{done.total():12,} operations by {options.threads} threads in {time.monotonic() - started:.1f} s")
    for what in broken:
        print(f"broken: {what}", file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())

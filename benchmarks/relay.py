"""Measure relays: what a relayed send costs its sender, messages a second, and how late they arrive.

RabbitMQ and Redis are started where they are installed. Over them, each receiver is a process of its own; over
``memory://``, sender and receiver are threads of one process.
"""

from __future__ import annotations

import argparse
import multiprocessing
import queue
import statistics
import sys
import tempfile
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "relay"))

from relay_support import BROKERS, wait_for

import aldis
from aldis.relay import Relay, RelayFull

MESSAGES = 4000
PACE = 0.005  # seconds between the messages whose delay is measured


def receive(url: str, group: str | None, ready: Any, done: Any, delays: Any) -> None:
    """Receive until ``done`` is set. Put the delays into a queue, one list for each time that nothing arrived."""
    tick, late = aldis.Namespace().signal("tick"), list[float]()
    tick.connect(lambda sender, at: late.append(time.time() - at), weak=False)
    relay = Relay(url, service="receiver")
    relay.subscribe(tick, group)
    with relay:
        wait_for(lambda: relay.connected)
        ready.release()
        while not done.is_set():
            before = len(late)
            time.sleep(0.02)
            if before == len(late) > 0:
                delays.put(late[:before])
                del late[:before]  # the subscriber may append meanwhile


def relayed(url: str, messages: int, receivers: int, group: str | None = None) -> dict[str, float]:
    """Return the rate of messages that are sent as fast as possible, and the delays of those that are not."""
    context: Any = multiprocessing.get_context("spawn")
    if url.startswith("memory"):
        parts: list[Any] = [threading.Semaphore(0), threading.Event(), queue.SimpleQueue()]
        start: Any = threading.Thread
    else:
        parts = [context.Semaphore(0), context.Event(), context.SimpleQueue()]
        start = context.Process
    processes = [start(target=receive, args=(url, group, *parts)) for _ in range(receivers)]
    for process in processes:
        process.start()
    ready, done, delays = parts
    for _ in processes:
        ready.acquire()
    tick = aldis.Namespace().signal("tick")
    relay = Relay(url, service="sender", max_queue=1000)
    relay.publish(tick)

    def collect(sent: int) -> list[float]:
        late: list[float] = []
        while len(late) < sent * (1 if group else receivers):
            late += delays.get()
        return late

    with relay:
        wait_for(lambda: relay.connected)
        begin = time.perf_counter()
        for _ in range(messages):
            while True:
                try:
                    tick.send("bench", at=time.time())
                    break
                except RelayFull:
                    time.sleep(0.002)
        collect(messages)
        rate = messages / (time.perf_counter() - begin - 0.02)
        for _ in range(messages // 10):
            tick.send("bench", at=time.time())
            time.sleep(PACE)
        late = collect(messages // 10)
    done.set()
    for process in processes:
        process.join()
    return {"rate": rate, **summed_up(late)}


def cost_of_send(url: str, relay_it: bool) -> dict[str, float]:
    tick = aldis.Namespace().signal("cost")
    tick.connect(lambda sender, **kwargs: None, weak=False)
    relay = Relay(url, service="sender", max_queue=1_000_000)
    if relay_it:
        relay.publish(tick)
    taken = []
    with relay:
        for n in range(5_000):
            begin = time.perf_counter()
            tick.send("shop", order=n, customer="Ada Lovelace", total=19.99)
            taken.append(time.perf_counter() - begin)
            if n % 50 == 0:
                time.sleep(0.01)  # the publisher has its turn
    return summed_up(taken)


def summed_up(seconds: list[float]) -> dict[str, float]:
    return {"median": statistics.median(seconds), "late": sorted(seconds)[len(seconds) * 99 // 100]}


def measure(name: str, url: str, messages: int = MESSAGES) -> dict[str, dict[str, float]]:
    """Measure a broker, and print each line. Times are in seconds; ``late`` is the 99th percentile."""
    counts = (1,) if name == "memory" else (1, 2, 4)
    lines = {"send, not relayed": partial(cost_of_send, url, False), "send, relayed": partial(cost_of_send, url, True)}
    for n in counts:
        lines[f"every process: {n}"] = partial(relayed, url, messages, n)
        lines[f"a group of {n}"] = partial(relayed, url, messages, n, "bench")
    found = {}
    for line, run in lines.items():
        its = found[line] = run()
        rate = f"{its['rate']:8,.0f} a second" if "rate" in its else ""
        print(f"{name:10}{line:20}{rate:20}{its['median'] * 1e3:10.4f}{its['late'] * 1e3:10.4f} ms", flush=True)
    return found


def measure_all() -> dict[str, dict[str, dict[str, float]]]:
    """Measure memory, and the brokers that are installed."""
    found = {"memory": measure("memory", "memory://")}
    for name, kind in ((kind.__name__, kind) for kind in BROKERS.values()):
        if why := kind.missing():
            print(f"Left out: {why}.")
            continue
        with tempfile.TemporaryDirectory() as folder:
            broker = kind(Path(folder))
            broker.arguments += ["--appendfsync", "everysec"] if name == "Redis" else []  # its default
            broker.start()
            try:
                found[name] = measure(name, broker.url)
            finally:
                broker.stop()
    return found


def main(arguments: list[str]) -> int:
    """Measure relays, and add the figures to the results and the report of a run."""
    from . import USAGE
    from .report import write
    from .results import now, read

    parser = argparse.ArgumentParser("python -m benchmarks relay", description=main.__doc__)
    default = Path("benchmarks", "results", "results.json")
    parser.add_argument("results", type=Path, metavar="RESULTS.json", nargs="?", default=default, help="[%(default)s]")
    path = parser.parse_args(arguments).results
    try:
        results = read(path)
    except (OSError, ValueError) as error:
        print(f"{error}. Run the benchmarks first: python -m benchmarks", file=sys.stderr)
        return USAGE
    results.run["relay"] = {"date": now(), "brokers": measure_all()}
    results.write(path)
    print(write(results, path.parent))
    return 0


if __name__ == "__main__":
    measure_all()

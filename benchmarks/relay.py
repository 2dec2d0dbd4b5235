"""Measure relays: what a relayed send costs its sender, messages a second, and how late they arrive.

    python benchmarks/relay.py [--json FILE] [--messages N]

RabbitMQ and Redis are started where they are installed. Over them, each receiver is a process of its own; over
``memory://``, sender and receiver are threads of one process.
"""

from __future__ import annotations

import argparse
import json
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
    for _ in processes:
        parts[0].acquire()
    tick = aldis.Namespace().signal("tick")
    relay = Relay(url, service="sender", max_queue=1000)
    relay.publish(tick)
    expected = messages * (1 if group else receivers)

    def collect(how_many: int) -> list[float]:
        late: list[float] = []
        while len(late) < how_many:
            late += parts[2].get()
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
        collect(expected)
        rate = messages / (time.perf_counter() - begin - 0.02)
        paced = messages // 10
        for _ in range(paced):
            tick.send("bench", at=time.time())
            time.sleep(PACE)
        late = sorted(collect(paced * (1 if group else receivers)))
    parts[1].set()
    for process in processes:
        process.join()
    return {"rate": rate, "p50_ms": statistics.median(late) * 1e3, "p99_ms": late[len(late) * 99 // 100] * 1e3}


def cost_of_send(url: str, relay_it: bool) -> dict[str, float]:
    tick = aldis.Namespace().signal("cost")
    tick.connect(lambda sender, **kwargs: None, weak=False)
    relay = Relay(url, service="sender", max_queue=1_000_000)
    if relay_it:
        relay.publish(tick)
    times = []
    with relay:
        for n in range(5_000):
            begin = time.perf_counter_ns()
            tick.send("shop", order=n, customer="Ada Lovelace", total=19.99)
            times.append(time.perf_counter_ns() - begin)
            if n % 50 == 0:
                time.sleep(0.01)  # the publisher has its turn
    times.sort()
    return {"p50_us": statistics.median(times) / 1e3, "p99_us": times[len(times) * 99 // 100] / 1e3}


def measure(name: str, url: str, messages: int) -> dict[str, dict[str, float]]:
    counts = (1,) if name == "memory" else (1, 2, 4)
    lines: dict[str, Any] = {"send, not relayed": partial(cost_of_send, url, False)}
    lines["send, relayed"] = partial(cost_of_send, url, True)
    lines |= {f"every process, {n}": partial(relayed, url, messages, n) for n in counts}
    lines |= {f"one of a group, {n}": partial(relayed, url, messages, n, "bench") for n in counts}
    for line, run in lines.items():
        lines[line] = run()
        print(f"{name:10}{line:24}", *(f"{key} {value:10,.2f}" for key, value in lines[line].items()), flush=True)
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--messages", type=int, default=4000)
    options = parser.parse_args()
    results = {"memory": measure("memory", "memory://", options.messages)}
    for name, kind in BROKERS.items():
        if kind.missing() is None:
            with tempfile.TemporaryDirectory() as folder:
                broker = kind(Path(folder))
                broker.arguments += ["--appendfsync", "everysec"] if name == "redis" else []  # its default
                broker.start()
                try:
                    results[name] = measure(name, broker.url, options.messages)
                finally:
                    broker.stop()
    if options.json:
        options.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()

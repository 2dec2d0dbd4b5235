"""Relays in several processes, over RabbitMQ and Redis."""

from __future__ import annotations

import json
import os
import resource
import signal
import statistics
import subprocess
import sys
import time
import timeit
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import kombu
import pytest
from relay_support import Broker, Redis, free_port, wait_for

import aldis
from aldis.relay import Relay

pytest_plugins, pytestmark = ["relay_fixtures"], pytest.mark.servers


@contextmanager
def publishing(broker: Broker, **options: Any) -> Iterator[tuple[Any, Relay]]:
    """The signal "number" of this process, published by a relay."""
    number = aldis.Namespace().signal("number")
    relay = Relay(broker.url, service="test", **options)
    relay.publish(number)
    with relay:
        wait_for(lambda: relay.connected)
        yield number, relay


def handled(workers: list[Any]) -> Counter[int]:
    return Counter(n for worker in workers for n in worker.numbers())


def test_process_answers_and_nothing_is_echoed(broker: Broker, child: Any) -> None:
    there = [child("answerer", broker) for _ in range(2)]
    names = aldis.Namespace()
    number, answer, answers, echoes = names.signal("number"), names.signal("answer"), Counter[int](), list[int]()
    answer.connect(lambda sender, n: answers.update([n]), weak=False)
    number.connect(lambda sender, n: echoes.append(n), weak=False)
    relay = Relay(broker.url, service="shop")
    for each in (number, answer):
        relay.publish(each)
        relay.subscribe(each)
    with relay:
        wait_for(lambda: relay.connected)
        for n in range(100):
            number.send("shop", n=n)
        wait_for(lambda: answers == Counter([*range(1, 101)] * 2))
        time.sleep(0.5)
        assert echoes == list(range(100)) and answers == Counter([*range(1, 101)] * 2)
        assert [process.numbers() for process in there] == [list(range(100))] * 2
        assert relay.stats["published"] == 100


def test_each_of_four_processes_gets_every_message_in_order(broker: Broker, child: Any) -> None:
    listeners = [child("each", broker) for _ in range(2)]
    for publisher in ("publisher-a", "publisher-b"):
        child(publisher, broker, 500)
    for listener in listeners:
        wait_for(lambda: len(listener.numbers()) == 1000)  # noqa: B023
        for publisher in ("publisher-a", "publisher-b"):
            lines = [line for line in listener.lines if line.startswith("handled ") and line.endswith(publisher)]
            assert [int(line.split()[1]) for line in lines] == list(range(500))


def test_group_shares_the_work(broker: Broker, child: Any) -> None:
    workers = [child("worker", broker, 0.005) for _ in range(4)]
    with publishing(broker) as (number, _):
        for n in range(400):
            number.send("shop", n=n)
        wait_for(lambda: sum(handled(workers).values()) >= 400)
    assert handled(workers) == Counter(range(400))
    assert all(len(worker.numbers()) > 20 for worker in workers)


def test_message_of_a_killed_worker_goes_to_another(broker: Broker, child: Any) -> None:
    victim = child("worker", broker, 60)
    with publishing(broker) as (number, _):
        for n in range(30):
            number.send("shop", n=n)
        wait_for(lambda: "begins 0 shop" in victim.lines)
        heir = child("worker", broker, 0)
        victim.kill()
        wait_for(lambda: handled([heir]).keys() == set(range(30)))
    assert victim.numbers() == []


def test_killed_broker_that_is_away_for_ten_seconds_loses_nothing(broker: Broker, child: Any) -> None:
    workers = [child("worker", broker, 0.001) for _ in range(2)]
    with publishing(broker) as (number, relay):
        for n in range(1000):
            number.send("shop", n=n)
            if n == 500:
                wait_for(lambda: relay.stats["published"] > 100)
                broker.stop()
                gone = time.monotonic()
        assert relay.stats["queued"] >= 499
        time.sleep(max(0, gone + 10 - time.monotonic()))
        broker.start()
        wait_for(lambda: relay.stats["published"] == 1000, 60)
        # kombu takes a message out of Redis before it notes there that a worker has it: each worker may lose one.
        lost = len(workers) if isinstance(broker, Redis) else 0
        wait_for(lambda: len(handled(workers)) >= 1000 - lost and 999 in handled(workers), 60)
        assert relay.stats["lost"] == 0 and relay.stats["disconnects"] > 0


def test_what_the_broker_confirmed_survives_a_killed_publisher(broker: Broker, child: Any) -> None:
    workers = [child("worker", broker, 0) for _ in range(2)]
    publisher = child("publisher", broker, 1_000_000)
    wait_for(lambda: publisher.numbers("confirmed")[-1:] > [500])
    publisher.kill()
    promised = publisher.numbers("confirmed")[-1]
    wait_for(lambda: handled(workers).keys() >= set(range(promised)))


def test_hanging_broker_does_not_slow_a_send(broker: Broker) -> None:
    def median(number: Any) -> float:
        return statistics.median(timeit.repeat(lambda: number.send("shop", n=1), number=1, repeat=2000))

    with publishing(broker) as (number, relay):
        running = median(number)
        wait_for(lambda: relay.stats["queued"] == 0)
        broker.process.send_signal(signal.SIGSTOP)
        try:
            hanging = median(number)
            assert relay.stats["queued"] > 1500
        finally:
            broker.process.send_signal(signal.SIGCONT)
        assert hanging < 3 * running
        wait_for(lambda: relay.stats["published"] == 4000, 60)


def test_poison_goes_to_the_dead_letters(broker: Broker, child: Any) -> None:
    poison = aldis.Namespace().signal("poison")
    poison.connect(lambda sender, n: 1 / n, weak=False)
    relay = Relay(broker.url, service="test", retry_delay=0.01, options=broker.options)
    relay.subscribe(poison, group="workers")
    with relay, kombu.Connection(broker.url) as connection:
        wait_for(lambda: relay.connected)
        producer = kombu.Producer(connection)

        def put(body: bytes, **headers: Any) -> None:
            kind = {"content_type": "application/json", "content_encoding": "utf-8", "routing_key": "poison"}
            producer.publish(body, exchange="aldis", headers={"origin": "x:1", "number": 1, **headers}, **kind)

        put(b'["shop",{"n":0}]')
        put(b"\xff\x00")
        put(b'["shop",{"n":1}]', compression="zlib")
        if isinstance(broker, Redis):  # what is not even kombu's is dropped
            connection.default_channel.client.lpush("aldis:group:workers:poison", "{", "[]", '{"body": "*"}')
        wait_for(lambda: relay.stats["dead"] == 3)
        wait_for(lambda: relay.stats["malformed"] == (5 if isinstance(broker, Redis) else 2))
        put(b'["shop",{"n":1}]')
        wait_for(lambda: relay.stats["received"] == 1)
        assert (relay.stats["failed"], relay.stats["retried"]) == (5, 4)
        get = connection.default_channel.basic_get
        letters = list(iter(lambda: get("aldis:dead:workers", no_ack=True), None))
        assert sorted("ZeroDivisionError" in letter.headers["error"] for letter in letters) == [False, False, True]


@pytest.mark.parametrize("server", ["rabbitmq"], indirect=True)
def test_memory_stays_bounded_over_100_000_messages(broker: Broker, child: Any) -> None:
    child("each", broker)
    before = 0
    with publishing(broker, max_queue=1000) as (number, relay):
        for n in range(100_000):
            while relay.stats["queued"] == 1000:
                time.sleep(0.001)
            number.send("shop", n=n)
            if n == 10_000:
                before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        wait_for(lambda: relay.stats["published"] == 100_000)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 10_000  # kilobytes


def test_example_of_two_services(broker: Broker, tmp_path: Path) -> None:
    examples, port = Path(__file__).parents[2] / "examples", free_port()
    environment = {**os.environ, "RELAY_URL": broker.url, "PORT": str(port)}
    commands = [["relay_shop.py"], ["-m", "aldis.relay", "relay_billing:relay"]]
    with (tmp_path / "output").open("w") as out:
        services = [
            subprocess.Popen([sys.executable, *command], cwd=examples, env=environment, stdout=out, stderr=out)
            for command in commands
        ]

    def paid() -> bool:
        address = f"http://127.0.0.1:{port}/orders/17"
        with suppress(OSError), urlopen(Request(address, method="POST")), urlopen(address) as answer:
            return bool(json.load(answer) == {"order": 17, "paid": True})
        return False

    try:
        wait_for(paid, 60)
    finally:
        for service in services:
            service.terminate()
    assert [service.wait(30) for service in services] == [0, 0], (tmp_path / "output").read_text()

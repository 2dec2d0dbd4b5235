"""Relays within one process, without a server. Each test names its signals anew: the broker in memory is shared."""

from __future__ import annotations

import asyncio
import json
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import kombu
import pytest
from relay_support import wait_for

import aldis
from aldis.relay import Relay, Relayed, RelayFull

pytest_plugins, pytestmark = ["relay_fixtures"], pytest.mark.thread_unsafe(reason="the broker in memory is shared")
AWAY = "amqp://127.0.0.1:1"  # nothing listens there
namespace = pytest.fixture(lambda signals: signals.Namespace())  # of each core
name = pytest.fixture(lambda: f"signal-{time.monotonic_ns()}")
Pair = tuple[Any, Any, list[Any], Relay, Relay]


@pytest.fixture
def started() -> Iterator[Callable[[Relay], Relay]]:
    """Start relays, and stop them after the test."""
    relays: list[Relay] = []

    def start(relay: Relay) -> Relay:
        relays.append(relay)
        relay.start()
        wait_for(lambda: relay.connected)
        return relay

    yield start
    for relay in relays:
        relay.stop()
    assert not [thread for thread in threading.enumerate() if thread.name in ("publisher", "subscriber")]


@pytest.fixture
def pair(namespace: Any, name: str, started: Any, request: pytest.FixtureRequest) -> Pair:
    """A signal here, the same signal "there", what arrived there, and the two relays. In the parameter: the group."""
    here, there, arrived = namespace.signal(name), type(namespace)().signal(name), []
    there.connect(lambda sender, /, **kwargs: arrived.append((sender, kwargs)), weak=False)
    sending, receiving = Relay(service="here"), Relay(service="there", attempts=3, retry_delay=0.01)
    for relay, signal, group in ((sending, here, None), (receiving, there, getattr(request, "param", None))):
        relay.publish(signal)
        relay.subscribe(signal, group)
    return here, there, arrived, started(sending), started(receiving)


def put(name: str, body: Any, **headers: Any) -> None:
    """Publish a message past every relay."""
    kind = {"content_type": headers.pop("content_type", "application/json"), "content_encoding": "utf-8"}
    with kombu.Connection("memory://localhost") as connection:
        kombu.Producer(connection).publish(body, exchange="aldis", routing_key=name, headers=headers, **kind)


def dead_letters(queue: str) -> list[Any]:
    with kombu.Connection("memory://localhost") as connection:
        return list(iter(lambda: connection.default_channel.basic_get(f"aldis:dead:{queue}", no_ack=True), None))


@pytest.mark.parametrize("pair", [None, "billing"], indirect=True)
def test_send_reaches_the_other_relay_with_sender_and_keywords(pair: Pair) -> None:
    here, there, arrived, sending, receiving = pair
    to_the_shop: list[object] = []
    there.connect(lambda sender, /, **kwargs: to_the_shop.append(sender), sender="shop", weak=False)
    here.send("shop", order=17, lines=[{"sku": "ä", "price": 1.5, "gift": None}])
    here.send(sender=3)
    wait_for(lambda: len(arrived) == 2)
    assert arrived == [
        ("shop", {"order": 17, "lines": [{"sku": "ä", "price": 1.5, "gift": None}]}),
        ("", {"sender": 3}),
    ]
    assert type(arrived[0][0]) is Relayed and arrived[0][0].signal == here.name
    assert arrived[0][0].origin.startswith("here:") and to_the_shop == ["shop"]
    wait_for(lambda: sending.stats["published"] == receiving.stats["received"] == 2)
    time.sleep(0.1)
    assert sending.stats["received"] == receiving.stats["published"] == 0  # no echo


def test_send_of_what_is_no_json_raises_an_error_that_names_it(pair: Pair) -> None:
    here, _, _, sending, _ = pair
    cases: list[tuple[type[Exception], str, Any, dict[str, Any]]] = [
        (TypeError, "sender must be a str or None, not int", 17, {}),
        (TypeError, "keyword 'when' must be JSON", "shop", {"a": 1, "when": object()}),
        (TypeError, "keyword 'rate' must be JSON", "shop", {"rate": float("nan")}),
        (ValueError, "max_size is 262144", "shop", {"text": "x" * 262_144}),
    ]
    for error, message, sender, keywords in cases:
        with pytest.raises(error, match=message):
            here.send(sender, **keywords)
    assert sending.stats["queued"] == sending.stats["published"] == 0


@pytest.mark.parametrize("on_full", ["raise", "drop"])
def test_full_queue_raises_or_drops_and_stop_counts(namespace: Any, name: str, on_full: Any, caplog: Any) -> None:
    here, relay = namespace.signal(name), Relay(AWAY, service="here", max_queue=3, on_full=on_full)
    relay.publish(here)
    relay.start()
    for n in range(3):
        here.send(n=n)
    with pytest.raises(RelayFull, match="3 messages wait") if on_full == "raise" else nullcontext():
        here.send(n=3)
    assert relay.stats["dropped"] == (on_full == "drop") and relay.stats["queued"] == 3 and not relay.connected
    begin = time.monotonic()
    assert relay.stop(timeout=0.3) == relay.stats["lost"] == 3 and time.monotonic() - begin < 3
    assert f"lost 3 messages: {{'{name}': 3}}" in caplog.text
    here.send(object())  # no relay looks at it any more


@pytest.mark.parametrize("pair", ["billing"], indirect=True)
def test_message_whose_receiver_raises_is_tried_again_and_becomes_a_dead_letter(pair: Pair) -> None:
    here, there, arrived, _, receiving = pair

    def fail(sender: Any, n: int) -> None:
        if n == 13:
            raise SystemExit("thirteen") if len(arrived) == 1 else ValueError("thirteen")

    there.connect(fail)
    here.send("shop", n=13)
    here.send("shop", n=14)
    wait_for(lambda: receiving.stats["dead"] and receiving.stats["received"])
    assert [kwargs["n"] for _, kwargs in arrived].count(13) == 3
    assert {"failed": 3, "retried": 2, "received": 1}.items() <= receiving.stats.items()
    [letter] = dead_letters("billing")
    assert json.loads(letter.body) == ["shop", {"n": 13}]
    assert letter.headers["signal"] == here.name and "ValueError: thirteen" in letter.headers["error"]


def test_receiver_that_raises_without_a_group_is_only_logged(pair: Pair, caplog: pytest.LogCaptureFixture) -> None:
    here, there, arrived, _, receiving = pair
    there.connect(lambda sender, n: 1 / n, weak=False)
    here.send(n=0)
    here.send(n=1)
    wait_for(lambda: receiving.stats["received"])
    assert len(arrived) == 2 and receiving.stats["failed"] == 1 and receiving.stats["dead"] == 0
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize("pair", [None, "billing"], indirect=True)
def test_malformed_messages_end_nothing(pair: Pair) -> None:
    here, _, arrived, _, receiving = pair
    good = {"origin": "x:1", "number": 1}
    bad: list[tuple[Any, dict[str, Any]]] = [
        *((body, good) for body in ("{", "[]", '["shop", []]', '[5, {"n": 1}]', "[" * 100_000)),
        *(('["shop", {"n": 1}]', headers) for headers in ({}, {**good, "origin": 5}, {**good, "number": "many"})),
        ('["shop", {"n": 1}]', {**good, "compression": "unheard-of"}),
        (f'["shop", {{"n": "{"x" * 262_144}"}}]', good),
        (b"\xff\xfe", {**good, "content_type": "application/x-python-serialize"}),
    ]
    for body, headers in bad:
        put(here.name, body, **headers)
    here.send("shop", n=1)
    wait_for(lambda: arrived)
    assert arrived == [("shop", {"n": 1})] and receiving.stats["disconnects"] == 0
    assert receiving.stats["malformed"] == receiving.stats["dead"] == len(bad)
    letters = dead_letters("there") or dead_letters("billing")
    assert len(letters) == len(bad) and all("Error" in letter.headers["error"] for letter in letters)


def test_message_that_was_published_twice_is_received_once(pair: Pair) -> None:
    here, _, arrived, _, _ = pair
    for number, again in [(1, False), (2, False), (1, True), (2, True), (3, True), (4, False)]:
        put(here.name, f'["shop", {{"n": {number}}}]', origin="x:1", number=number, again=again)
    wait_for(lambda: len(arrived) == 4)
    assert [kwargs["n"] for _, kwargs in arrived] == [1, 2, 3, 4]


def test_async_wrapper_calls_coroutine_functions(namespace: Any, name: str, started: Any) -> None:
    there, heard = namespace.signal(name), list[int]()

    async def receiver(sender: str, n: int) -> None:
        heard.append(n)

    there.connect(receiver)
    relay = Relay(
        service="there", async_wrapper=lambda call: lambda *args, **kwargs: asyncio.run(call(*args, **kwargs))
    )
    relay.subscribe(there)
    started(relay)
    put(name, '["shop", {"_async_wrapper": "smuggled in"}]', origin="x:1", number=1)
    put(name, '["shop", {"n": 1}]', origin="x:1", number=2)
    wait_for(lambda: heard == [1])
    assert relay.stats["failed"] == 1


def test_relay_is_set_up_before_it_starts(namespace: Any, name: str, started: Any) -> None:
    relay, here, threads = Relay(service="here"), namespace.signal(name), threading.active_count()
    relay.publish(here)
    with pytest.raises(ValueError, match="another signal named"):
        relay.subscribe(type(namespace)().signal(name))
    with pytest.raises(ValueError, match="the group must be 1 to 80 letters"):
        relay.subscribe(here, group="a/b")
    for nameless in (type(here).__mro__[1](), namespace.signal("white space")):
        with pytest.raises(ValueError, match="the name of the signal must be"):
            relay.publish(nameless)
    here.send(object())
    assert threading.active_count() == threads and not here.receivers and not relay.connected and relay.stop() == 0
    started(relay)
    for refused in (relay.start, lambda: relay.publish(here), lambda: relay.subscribe(here)):
        with pytest.raises(RuntimeError):
            refused()
    relay.stop()
    assert threading.active_count() == threads and not here.receivers
    started(relay)
    here.send(n=1)
    wait_for(lambda: relay.stats["published"] == 1)


def test_fork_child_is_told_to_start_after_forking(run: Any) -> None:
    script = """
        import os, aldis, warnings
        from aldis.relay import Relay
        warnings.simplefilter("ignore")
        ready, relay = aldis.signal("ready"), Relay(service="here")
        relay.publish(ready)
        relay.start()
        child = os.fork() == 0
        for use in (ready.send, relay.start) if child else ():
            try:
                use()
            except RuntimeError as error:
                print(error, flush=True)
        print("lost", relay.stop() if child or os.wait() else None)
    """
    result = run("-c", textwrap.dedent(script))
    told = "a relay that was started before this process was forked: start it afterwards, as in gunicorn's post_fork"
    assert (result.stdout.splitlines(), result.stderr) == ([told, told, "lost 0", "lost 0"], "")


def test_only_aldis_relay_imports_kombu(run: Any) -> None:
    assert run("-c", "import sys, aldis; sys.exit('kombu' in sys.modules)").returncode == 0
    assert run("-m", "aldis.relay").stderr == "usage: python -m aldis.relay MODULE:RELAY\n"
    result = run("-c", "import sys; sys.modules['kombu'] = None; import aldis.relay")
    assert result.stderr.endswith("ImportError: aldis.relay needs kombu: pip install 'aldis[relay]'\n")


def test_interpreter_that_ends_stops_the_relay(run: Any) -> None:
    script = (
        f"import aldis; ready = aldis.signal('ready'); from aldis.relay import Relay; r = Relay({AWAY!r}, service='a')"
    )
    result = run("-c", script + "; r.publish(ready); r.start(); ready.send()")
    assert "lost 1 messages: {'ready': 1}" in result.stderr


def test_folder_takes_messages_to_another_process(tmp_path: Path, child: Any, started: Any) -> None:
    folders = dict.fromkeys(["data_folder_in", "data_folder_out", "control_folder"], str(tmp_path))
    bus = SimpleNamespace(url="filesystem://localhost", options={"transport_options": folders})
    worker = child("worker", bus, 0)
    number, relay = aldis.Namespace().signal("number"), Relay(bus.url, service="here", options=bus.options)
    relay.publish(number)
    started(relay)
    for n in range(20):
        number.send("here", n=n)
    wait_for(lambda: len(worker.numbers()) > 10)  # kombu loses a file that it reads before it is written

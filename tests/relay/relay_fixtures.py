"""What the tests of relays begin with."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import kombu
import pytest
from relay_support import BROKERS, Broker, Child


@pytest.fixture(scope="session", params=BROKERS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A broker for all tests. One that kills it starts it again."""
    kind = BROKERS[request.param]
    if reason := kind.missing():
        pytest.skip(reason)
    broker = kind(tmp_path_factory.mktemp(request.param))
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def broker(server: Broker) -> Iterator[Broker]:
    """The broker, with no queues of other tests."""
    yield server
    with kombu.Connection(server.url) as connection:
        for queue in ("group:workers:number", "group:workers:poison", "dead:workers"):
            connection.default_channel.queue_delete(f"aldis:{queue}")


@pytest.fixture
def child(tmp_path: Path) -> Iterator[Callable[..., Child]]:
    """Start processes, which end with the test."""
    children: list[Child] = []

    def start(role: str, broker: Broker, *more: object) -> Child:
        file = tmp_path / f"child-{len(children)}"
        children.append(Child(file, role, broker.url, json.dumps(broker.options), *more))
        return children[-1]

    yield start
    for each in children:
        each.kill()

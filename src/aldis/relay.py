"""Relay chosen signals to other processes, over a message broker that kombu can reach: RabbitMQ, Redis and others."""

from __future__ import annotations

import atexit
import json
import logging
import os
import pkgutil
import random
import re
import signal
import sys
import threading
import time
import traceback
from collections import Counter, deque
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import KW_ONLY, dataclass, field
from queue import SimpleQueue
from typing import Any, Literal

try:
    import kombu
except ImportError as _error:
    raise ImportError("aldis.relay needs kombu: pip install 'aldis[relay]'", name="kombu") from _error

__all__ = ["Relay", "RelayFull", "Relayed"]

log: logging.Logger = logging.getLogger("aldis.relay")
_encode = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode
_CHUNK = 100  # messages that are published before their confirms are awaited
_BACKLOG = {True: 100_000, False: None}  # messages that RabbitMQ keeps for a process, or for a group
_COUNTERS = ("published", "dropped", "lost", "received", "failed", "retried", "dead", "malformed", "disconnects")
_FORKED = "a relay that was started before this process was forked: start it afterwards, as in gunicorn's post_fork"


class RelayFull(RuntimeError):
    """Raised by ``send`` when ``max_queue`` messages wait for the broker and ``on_full`` is ``"raise"``."""


class Relayed(str):
    """The sender of a signal that came from another process: the text of the sender there, empty for None.

    :ivar origin: the relay that published it: its service, a colon, and an id that is new at each start.
    :ivar signal: the name of the signal. A send of this signal by a ``Relayed`` is not published again.
    """

    origin: str
    signal: str

    def __new__(cls, sender: str, origin: str = "", signal: str = "") -> Relayed:
        self = super().__new__(cls, sender)
        self.origin, self.signal = origin, signal
        return self


@dataclass(eq=False, repr=False)
class Relay:
    """Publishes signals to other processes, and sends here what other processes publish."""

    url: str = "memory://"  # the broker, as kombu writes it; memory:// is within this process
    _: KW_ONLY
    service: str  # the name of this program, for Relayed.origin
    max_queue: int = 10_000  # messages that may wait for the broker
    on_full: Literal["raise", "drop"] = "raise"  # when that many wait, send raises RelayFull or drops the message
    max_size: int = 262_144  # bytes of JSON that a message may have; a longer one is a ValueError in the send
    attempts: int = 5  # of a group to handle a message, before it becomes a dead letter
    retry_delay: float = 1.0  # seconds before each further attempt
    async_wrapper: Callable[..., Any] | None = None  # for receivers that are coroutine functions
    options: Mapping[str, Any] = field(default_factory=dict)  # of kombu.Connection: ssl, transport_options, ...

    def __post_init__(self) -> None:
        _checked("service", self.service)
        self._connection: Any = kombu.Connection(self.url, **self.options)
        self._connection.hostname = self._connection.hostname or "localhost"  # kombu's default, without its warning
        transport: Any = self._connection.get_transport_cls()
        if not transport.implements.asynchronous:
            self._connection.transport_options.setdefault("polling_interval", 0.01)  # in place of a second
        self._amqp = transport.driver_type == "amqp"
        # Elsewhere, the queue of a process that was killed would stay and fill. A fanout exchange needs no queue (in
        # Redis it is PUB/SUB), so it serves subscriptions without a group, and the direct exchange those with one.
        self._fanout = transport.driver_type not in ("amqp", "memory", "filesystem")
        self._signals: dict[str, Any] = {}
        self._published: dict[str, Callable[..., None]] = {}
        self._subscribed: set[tuple[str, str | None]] = set()
        self._threads: list[threading.Thread] = []
        self._outbox: deque[tuple[str, str]] = deque()  # until the broker has confirmed them
        self._wake: SimpleQueue[bool] = SimpleQueue()  # wakes the publisher, and ends it by False
        self._pid = 0
        self._number = self._tried = 0  # of the last message that was, or may have been, published
        self._seen: dict[tuple[str, str], int] = {}  # the same, by origin and signal
        self._counts: Counter[str] = Counter(dict.fromkeys(_COUNTERS, 0))
        self._lock = threading.Lock()

    def publish(self, signal: Any) -> None:
        """Publish every ``send`` of ``signal``, a named signal, between the start and the stop of the relay."""
        name = self._add(signal)
        self._published[name] = self._forward(name)

    def subscribe(self, signal: Any, group: str | None = None) -> None:
        """Send ``signal`` here, by ``send_all``, when another process publishes it. The sender is :class:`Relayed`.

        Without a group, every process gets each message, at most once. With one, one process of the group gets it, at
        least once: it comes again when a receiver raised or the process died.
        """
        self._subscribed.add((self._add(signal), group if group is None else _checked("group", group)))

    def _add(self, signal: Any) -> str:
        if self._threads:
            raise RuntimeError("publish() and subscribe() come before start()")
        name = _checked("name of the signal", getattr(signal, "name", None))
        if self._signals.setdefault(name, signal) is not signal:
            raise ValueError(f"another signal named {name!r} is relayed already")
        return name

    def start(self) -> None:
        """Start the threads that connect to the broker. Returns at once, also when the broker is away."""
        if self._threads:
            raise RuntimeError("the relay has started already" if self._pid == os.getpid() else _FORKED)
        self._pid, self._origin, self._deadline = os.getpid(), f"{self.service}:{os.urandom(8).hex()}", float("inf")
        self._stopping, self._wake, self._up = threading.Event(), SimpleQueue(), set[str]()
        for name, forward in self._published.items():
            self._signals[name].connect(forward, weak=False)
        works = [("publisher", self._publish)] * bool(self._published)
        works += [("subscriber", self._consume)] * bool(self._subscribed)
        for work in works:
            self._threads.append(threading.Thread(target=self._run, args=work, name=work[0], daemon=True))
            self._threads[-1].start()
        atexit.register(self.stop)

    def stop(self, timeout: float = 5.0) -> int:
        """Stop receiving, send what is queued within ``timeout`` seconds, and return how many messages were lost."""
        if not self._threads or self._pid != os.getpid():
            return 0
        self._deadline = time.monotonic() + timeout
        self._stopping.set()
        for thread in reversed(self._threads):  # the subscriber first: its receivers may send
            if thread.name == "publisher":
                for name, forward in self._published.items():
                    self._signals[name].disconnect(forward)
                self._wake.put(False)
            if thread is not threading.current_thread():
                thread.join(max(0.1, self._deadline - time.monotonic()))
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        atexit.unregister(self.stop)
        lost = Counter(name for name, _ in list(self._outbox))
        self._outbox.clear()
        if lost:
            self._count("lost", lost.total())
            log.error("%s stopped and lost %d messages: %s", self._origin, lost.total(), dict(lost))
        return lost.total()

    def __enter__(self) -> Relay:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    @property
    def connected(self) -> bool:
        """Whether every thread is connected, so that the relay hears what is published from now on."""
        return bool(self._threads) and len(self._up) == len(self._threads)

    @property
    def stats(self) -> dict[str, int]:
        """How many messages wait (``queued``), and what became of the others since the relay was made."""
        with self._lock:
            return {"queued": len(self._outbox), **self._counts}

    def _count(self, what: str, number: int = 1) -> None:
        with self._lock:
            self._counts[what] += number

    def _run(self, role: str, work: Callable[[Any], None]) -> None:
        """Do the work of a thread, with a new connection after each failure."""
        delay, options = 0.0, dict(self._connection.transport_options)
        options |= {"confirm_publish": role == "subscriber"} if self._amqp else {}  # of retries and dead letters
        while not self._stopping.is_set() or (self._outbox and time.monotonic() < self._deadline):
            try:
                with self._connection.clone(transport_options=options) as connection:
                    connection.ensure_connection(max_retries=1, interval_start=0, interval_step=0)
                    work(connection)
                    return
            except Exception as error:
                delay = 0.1 if role in self._up else min(2 * delay + 0.1, 5)
                self._up.discard(role)
                unreadable = isinstance(error, (ValueError, LookupError, TypeError, AttributeError))  # to kombu
                self._count("malformed" if unreadable else "disconnects")
                log.warning("%s: the %s connects again in %.1f s: %r", self.service, role, delay, error)
                if self._stopping.wait(delay * random.uniform(0.5, 1)):
                    time.sleep(0.1)

    def _exchanges(self, name: str) -> list[kombu.Exchange]:
        """Return where a signal is published: first for subscriptions without a group, last for those with one."""
        direct = kombu.Exchange("aldis", "direct")
        return [kombu.Exchange(f"aldis.{name}", "fanout"), direct] if self._fanout else [direct]

    def _forward(self, name: str) -> Callable[..., None]:
        """Return the receiver that queues the messages of one signal."""
        outbox, max_queue, max_size, getpid = self._outbox, self.max_queue, self.max_size, os.getpid

        def forward(sender: Any, /, **kwargs: Any) -> None:
            if isinstance(sender, Relayed) and sender.signal == name:
                return  # it came from the broker
            if getpid() != self._pid:
                raise RuntimeError(_FORKED)
            if sender is not None and not isinstance(sender, str):
                raise TypeError(f"{name!r} is relayed: its sender must be a str or None, not {type(sender).__name__}")
            try:
                text = _encode([sender, kwargs])
            except (TypeError, ValueError, RecursionError) as error:
                key = next((key for key, value in kwargs.items() if not _is_json(value)), None)
                raise TypeError(f"{name!r} is relayed: its keyword {key!r} must be JSON ({error})") from None
            if len(text) > max_size:
                raise ValueError(f"{name!r} is relayed: its message has {len(text)} bytes, and max_size is {max_size}")
            if len(outbox) < max_queue:
                outbox.append((name, text))
                if not self._wake.qsize():
                    self._wake.put(True)
            elif self.on_full == "drop":
                self._count("dropped")
            else:
                raise RelayFull(f"{max_queue} messages wait for the broker")

        return forward

    def _publish(self, connection: Any) -> None:
        """Publish what is queued, until stop() wakes the thread by False."""
        channel = connection.default_channel
        producer, waiting = kombu.Producer(channel), set[int]()
        if self._amqp:  # kombu's own confirm_publish waits for each confirm before the next message
            channel.confirm_select()
            channel.events["basic_ack"].add(
                lambda tag, multiple: waiting.difference_update(
                    range(min(waiting, default=tag) if multiple else tag, tag + 1)
                )
            )
        for name in self._published:
            for exchange in self._exchanges(name):
                exchange(channel).declare()
        self._up.add("publisher")
        first, again = self._number, self._tried  # the broker numbers its confirms from 1 in each connection
        while self._outbox or self._wake.get():
            items = [self._outbox[i] for i in range(min(len(self._outbox), _CHUNK))]
            self._tried = self._number + len(items)
            with producer.batch():
                for number, (name, text) in enumerate(items, self._number + 1):
                    headers = {"origin": self._origin, "number": number, "again": number <= again}
                    waiting.update([number - first] if self._amqp else [])
                    for exchange in self._exchanges(name):
                        _put(producer, text, headers, name, exchange.name)
            while waiting:
                connection.drain_events(timeout=30)
            for _ in items:
                self._outbox.popleft()
            self._number = self._tried
            self._count("published", len(items))

    def _consume(self, connection: Any) -> None:
        """Receive messages until the relay stops."""
        channel = connection.default_channel
        producer = kombu.Producer(channel)
        inbox: deque[tuple[str, str | None, Any]] = deque()
        with ExitStack() as stack:
            for name, group in self._subscribed:
                each = group is None
                # Each connection has its own queue: the broker may still hold that of one that was lost.
                own = f"aldis:each:{name}:{os.urandom(8).hex()}" if each else f"aldis:group:{group}:{name}"
                queue = kombu.Queue(
                    own, self._exchanges(name)[0 if each else -1], name, exclusive=each, max_length=_BACKLOG[each]
                )
                consumer = kombu.Consumer(channel, [queue], no_ack=each, prefetch_count=10)
                # Messages are handled after drain_events: what handles them publishes on the same channel.
                consumer.on_message = lambda message, *_, at=(name, group): inbox.append((*at, message))
                consumer.on_decode_error = consumer.on_message
                stack.enter_context(consumer)
            while not self._stopping.is_set():
                with suppress(TimeoutError):
                    connection.drain_events(timeout=0.25)
                self._up.add("subscriber")  # not before: kombu subscribes to Redis when it waits for the first time
                while inbox:
                    self._handle(producer, *inbox.popleft())

    def _handle(self, producer: Any, name: str, group: str | None, message: Any) -> None:
        body, attempt, headers = message.body or b"", self.attempts, dict[str, object]()
        try:
            if message.errors or message.content_type != "application/json" or len(body) > self.max_size:
                raise ValueError(f"{len(body)} bytes of {message.content_type!r}", *message.errors)
            text, kwargs = json.loads(body)
            sender = Relayed(text or "", message.headers["origin"], name)
            number, attempt = int(message.headers["number"]), int(message.headers.get("attempt", 1))
            if not (isinstance(text or "", str) and isinstance(kwargs, dict) and isinstance(sender.origin, str)):
                raise TypeError("values of wrong types")
            headers = {"origin": sender.origin, "number": number, "attempt": attempt + 1}
            if group is None:
                last = self._seen.get((sender.origin, name), 0)
                self._seen[sender.origin, name] = max(last, number)
                if sender.origin == self._origin or (message.headers.get("again") and number <= last):
                    return  # this relay's own message, or one that was published twice
            self._signals[name].send_all(sender, _async_wrapper=self.async_wrapper, **kwargs)
            self._count("received")
        except BaseException as error:  # also SystemExit, which would end the thread
            problem = "failed" if headers else "malformed"
            self._count(problem)
            log.error("%s: a message of %r %s, attempt %d", self.service, name, problem, attempt, exc_info=error)
            if headers and group is not None and attempt < self.attempts:
                self._stopping.wait(self.retry_delay)
                _put(producer, body, headers, f"aldis:group:{group}:{name}")
                self._count("retried")
            elif group is not None or not headers:
                dead = kombu.Queue(f"aldis:dead:{group or self.service}")
                headers |= {"signal": name, "error": "".join(traceback.format_exception(error))[-8000:]}
                _put(producer, body[: self.max_size], headers, dead.name, declare=[dead])
                self._count("dead")
        if group is not None:
            message.ack()


def _put(producer: Any, body: str | bytes, headers: dict[str, Any], key: str, exchange: str = "", **more: Any) -> None:
    more |= {"content_type": "application/json", "content_encoding": "utf-8"}
    producer.publish(body, exchange=exchange, routing_key=key, headers=headers, **more)


def _checked(what: str, name: Any) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,80}", name if isinstance(name, str) else ""):  # what every transport accepts
        raise ValueError(f"the {what} must be 1 to 80 letters, digits, dots, hyphens and underscores, not {name!r}")
    return str(name)


def _is_json(value: object) -> bool:
    with suppress(TypeError, ValueError, RecursionError):
        return bool(_encode(value))
    return False


def main() -> None:
    """Run a relay until SIGTERM or Ctrl-C: ``python -m aldis.relay module:relay``."""
    if len(sys.argv) != 2:
        sys.exit("usage: python -m aldis.relay MODULE:RELAY")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with pkgutil.resolve_name(sys.argv[1]), suppress(KeyboardInterrupt):
        threading.Event().wait()


if __name__ == "__main__":
    main()

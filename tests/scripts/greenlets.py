"""Switch between greenlets in receivers."""

import gevent

import aldis

signal, trace, held = aldis.Signal(), [], []


def first(sender: int) -> int:
    trace.append(("first", sender))
    gevent.sleep(0)
    return sender


class Thing:
    def method(self, sender: int) -> int:
        trace.append(("method", sender))
        gevent.sleep(0.001 * (sender % 3))
        return sender


things = [Thing() for _ in range(5)]
signal.connect(first)
for thing in things:
    signal.connect(thing.method)


def send(number: int) -> None:
    own = Thing()
    with signal.connected_to(own.method, number):
        found = signal.send(number)
    assert [result for _, result in found] == [number] * 7, found
    assert [receiver for receiver, _ in found] == [first, *(thing.method for thing in things), own.method]


def change() -> None:
    for _ in range(50):
        other = Thing()
        signal.connect(other.method, "nobody")
        gevent.sleep(0)
        signal.disconnect(other.method)


jobs = [gevent.spawn(send, number) for number in range(30)] + [gevent.spawn(change) for _ in range(3)]
gevent.joinall(jobs, timeout=30, raise_error=True)
assert all(job.successful() for job in jobs)
assert trace[:2] == [("first", 0), ("first", 1)], "the greenlets did not switch"
killed = gevent.spawn(send, 1)
gevent.sleep(0)
killed.kill()
assert set(signal._by_sender) == {0}, "a killed greenlet did not leave its block"
held.append(gevent.spawn(send, 2))
gevent.sleep(0)  # the interpreter exits in the middle of this send

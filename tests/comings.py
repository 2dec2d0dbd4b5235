"""Comings and goings: turns that use a signal in every way there is, failures included, and leave it as it was.

``COMINGS`` has them by name. Whatever grows while one of them is repeated is lost. Each turn is a short one, and turns
choose in turn among what there is, so that a million take minutes.
"""

from __future__ import annotations

import copy
import pickle
import weakref
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from types import ModuleType
from typing import Any, TypeVar

from dispatch import UNWEAK, Thing, awaitable, blocking, finish, function, tables

from aldis import ANY

T = TypeVar("T")
ROUND = 60  # turns, in which all that can be chosen comes up, and is chosen equally often


class Unequal(str):
    """Equal to nothing, not even to be compared."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        raise LookupError("not to be compared")


class Unhashable(str):
    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]


async def coroutine(sender: Any, /, **kwargs: Any) -> Any:
    return sender


def raises(sender: Any, /, **kwargs: Any) -> Any:
    raise LookupError("raised")


def observer(signal: Any, /, **kwargs: Any) -> Any:
    return kwargs


class Pause:
    """Lets the one who awaits it wait."""

    def __await__(self) -> Generator[None, None, None]:
        yield


async def waits(sender: Any, /, **kwargs: Any) -> None:
    await Pause()


class World:
    """What is there all the time while a turn is repeated."""

    def __init__(self, signals: ModuleType) -> None:
        class Ordered(signals.Signal):  # type: ignore[misc, name-defined]
            class set_class(dict):  # type: ignore[type-arg]
                add = dict.setdefault

        class Replaced(signals.Signal):  # type: ignore[misc, name-defined]
            def receivers_for(self, sender: Any) -> Iterator[Any]:
                yield from super().receivers_for(sender)

        self.turns = 0
        self.signals = signals
        self.signal, self.observed, self.refusing, self.crowded = (signals.Signal() for _ in range(4))
        self.ordered, self.replaced = Ordered(), Replaced()
        self.namespace = signals.Namespace()
        self.receivers = [function(number) for number in range(40)]  # more than find place on the stack
        self.receiver, self.other, *_ = self.receivers
        self.sender = Thing()
        self.unequal = Unequal("sender")
        self.refusing.receiver_connected.connect(raises)
        for receiver in self.receivers:
            self.crowded.connect(receiver)
        self.crowded.connect(self.receiver, self.sender)

    def repeat(self, turn: Callable[[World], None], times: int) -> None:
        for _ in range(times):
            self.turns += 1
            turn(self)

    def choose(self, options: Sequence[T]) -> T:
        """Return one of the options, in each turn the next."""
        assert ROUND % len(options) == 0
        return options[self.turns % len(options)]

    def tables(self) -> list[Any]:
        signals = self.signal, self.observed, self.refusing, self.crowded, self.ordered, self.replaced
        return [*map(tables, signals), *(signal.is_muted for signal in signals), dict(self.namespace)]


COMINGS: dict[str, Callable[[World], None]] = {}


def coming(turn: Callable[[World], None]) -> Callable[[World], None]:
    COMINGS[turn.__name__] = turn
    return turn


@contextmanager
def connected(signal: Any, *pairs: tuple[Any, Any]) -> Iterator[None]:
    for receiver, sender in pairs:
        signal.connect(receiver, sender, weak=False)
    yield
    for receiver, _ in pairs:
        signal.disconnect(receiver)


@contextmanager
def failing(error: type[BaseException] = LookupError) -> Iterator[None]:
    try:
        yield
    except error:
        return
    raise AssertionError(f"no {error.__name__}")


# Connecting and disconnecting


@coming
def connect_to_any(world: World) -> None:
    world.signal.connect(world.receiver)
    world.signal.send(world.sender)
    world.signal.disconnect(world.receiver)


@coming
def connect_to_sender(world: World) -> None:
    sender = world.choose((world.sender, None, "sender", 1, 10**20, True, world.sender.method, [1].append, [1], Thing))
    world.signal.connect(world.receiver, sender)
    world.signal.send(sender)
    world.signal.disconnect(world.receiver, sender)


@coming
def connect_receiver(world: World) -> None:
    thing = world.sender
    receivers = thing.method, thing.class_method, thing.static_method, Thing, print, partial(print), [1].append, {1}.add
    receiver = world.choose((*receivers, *UNWEAK))
    world.signal.connect(receiver, weak=False)
    world.signal.connect(receiver, thing, weak=False)
    assert world.signal.has_receivers_for(thing)
    world.signal.disconnect(receiver)


@coming
def connect_again(world: World) -> None:
    weak = world.choose((True, False, False))
    world.signal.connect(world.receiver, world.sender, weak)
    world.signal.connect(world.receiver, "sender", not weak)
    world.signal.send(world.sender)
    world.signal.connect(world.receiver, world.sender, not weak)
    world.signal.disconnect(world.receiver, "sender")
    world.signal.disconnect(world.receiver, world.sender)


@coming
def connect_anew(world: World) -> None:
    instance, name = world.choose((([1], "append"), (world.sender, "method")))
    made, again = getattr(instance, name), getattr(instance, name)
    world.signal.connect(made, world.sender)
    world.signal.connect(again, "sender", weak=False)
    world.signal.connect(again)
    world.signal.disconnect(made)


@coming
def connect_many(world: World) -> None:
    senders = [Thing() for _ in range(10)]
    for number, sender in enumerate(senders):
        world.signal.connect(world.receiver, sender)
        world.signal.connect(world.receivers[number], senders[0])
    world.signal.connect(world.other)
    world.signal.send(senders[0])
    world.signal._clear_state()


@coming
def connect_via(world: World) -> None:
    @world.signal.connect_via(world.sender)  # type: ignore[untyped-decorator]
    def receiver(sender: Any) -> None: ...

    world.signal.disconnect(receiver)


@coming
def connected_to(world: World) -> None:
    with world.signal.connected_to(world.receiver), world.signal.connected_to(world.receiver, world.sender):
        world.signal.send(world.sender)
    world.signal.connected_to(world.receiver, "sender")(world.signal.send)("sender")
    with failing(), world.signal.connected_to(raises):
        world.signal.send()


@coming
def disconnect_unknown(world: World) -> None:
    world.signal.disconnect(world.receiver)
    sender = world.choose((Thing(), world.sender, "other", 1.5, ANY))
    with connected(world.signal, (world.receiver, "sender")):
        world.signal.disconnect(world.receiver, sender)
        world.signal.disconnect(world.other, sender)


@coming
def observe(world: World) -> None:
    signal = world.observed
    signal.receiver_connected.connect(observer)
    signal.receiver_disconnected.connect(observer)
    signal.disconnect(signal.connect(world.receiver, "sender"))
    signal.receiver_disconnected.connect(raises)
    signal.connect(world.receiver)
    with failing():
        signal.disconnect(world.receiver)
    del signal.receiver_connected, signal.receiver_disconnected


@coming
def fail_to_connect(world: World) -> None:
    with failing(TypeError):
        world.signal.connect(42)
    with failing(TypeError):
        world.signal.connect(world.receiver, Unhashable("sender"))
    for receiver in UNWEAK:
        with failing(TypeError):
            world.signal.connect(receiver, world.sender)


@coming
def be_refused(world: World) -> None:
    with failing():
        world.refusing.connect(world.receiver, world.sender)
    with failing(), world.refusing.connected_to(world.other, Thing()):
        raise AssertionError("connected")


@coming
def fail_to_compare(world: World) -> None:
    signal, sender = world.signal, Unequal("sender")
    with connected(signal, (world.receiver, world.unequal)):
        for ask in (signal.send, signal.has_receivers_for, partial(signal.connect, world.other)):
            with failing():
                ask(sender)
        with failing():
            signal.disconnect(world.receiver, sender)


# Deaths


@coming
def receiver_dies(world: World) -> None:
    sender = world.choose((ANY, world.sender, "sender"))
    receiver, method = function(), Thing().method
    world.signal.connect(receiver, sender)
    world.signal.connect(method, sender)
    world.signal.send(sender)


@coming
def sender_dies(world: World) -> None:
    makers: tuple[Callable[[], Any], ...] = Thing, lambda: Thing().method
    sender = world.choose(makers)()
    world.signal.connect(world.receiver, sender)
    world.signal.connect(world.sender.method, sender, weak=False)
    world.signal.send(sender)


@coming
def both_die(world: World) -> None:
    receiver, sender = function(), Thing()
    world.signal.connect(receiver, sender)
    world.signal.connect(receiver)
    world.signal.connect(world.receiver, sender)
    world.signal.send(sender)


@coming
def signal_dies(world: World) -> None:
    signal = world.signals.Signal("A signal.")
    signal.connect(world.receiver)
    signal.connect(world.other, world.sender, weak=False)
    signal.connect(function(), "sender", weak=False)
    signal.receiver_connected.connect(world.receiver)
    signal.sent = signal.send(world.sender, _async_wrapper=blocking, x=1)
    assert weakref.ref(signal)() is signal


@coming
def die_while_sending(world: World) -> None:
    mortal = [function(), Thing()]

    def kill(sender: Any) -> None:
        mortal.clear()

    sender = world.choose((ANY, mortal[1]))
    world.signal.connect(kill, sender)
    world.signal.connect(mortal[0], sender)
    world.signal.send(mortal[1])
    del sender
    world.signal.disconnect(kill)


# Sending


@coming
def send_to_unknown(world: World) -> None:
    turns = world.turns
    sender = world.choose((Thing(), f"sender {turns}", turns + 10**9, Thing().method, None, ANY))
    with connected(world.signal, (world.receiver, "sender"), (world.receiver, 1), (world.receiver, world.sender)):
        assert world.signal.send(sender) == []
        assert not world.signal.has_receivers_for(sender)
    with failing(TypeError):
        world.signal.send(1, 2)


@coming
def send_keywords(world: World) -> None:
    keywords = world.choose(({}, {f"x{world.turns}": 1}, {f"x{number}": number for number in range(40)}))
    with connected(world.signal, (world.receiver, ANY), (world.sender.method, world.sender), (coroutine, ANY)):
        world.signal.send(world.sender, _async_wrapper=blocking, **keywords)
        world.signal.send(world.sender, **keywords, _async_wrapper=blocking)
        wrapper, error = world.choose(
            ((None, RuntimeError), (raises, LookupError), (lambda receiver: None, TypeError), (42, TypeError))
        )
        with failing(error):
            world.signal.send(world.sender, _async_wrapper=wrapper, **keywords)
        with failing(RuntimeError):
            world.signal.send(world.sender, **keywords)


@coming
def send_to_a_crowd(world: World) -> None:
    keywords = world.choose(({}, {"x": 1}))
    world.crowded.connect(world.receiver, world.sender)  # lets the plan be made anew
    assert len(world.crowded.send(world.sender, **keywords)) == len(world.receivers)
    with connected(world.crowded, world.choose(((raises, ANY), (raises, world.sender)))), failing():
        world.crowded.send(world.sender)


@coming
def fail_in_receivers(world: World) -> None:
    failed = world.choose((raises, {1}.pop, lambda: None))
    sender = world.choose((ANY, world.sender))
    pairs = (world.receiver, ANY), (failed, sender), (world.other, world.sender)
    with connected(world.signal, *pairs), failing(LookupError if failed is raises else TypeError):
        world.signal.send(world.sender, x=1)


@coming
def change_while_sending(world: World) -> None:
    signal = world.signal

    def change(sender: Any, depth: int = 0) -> None:
        signal.disconnect(world.receiver)
        signal.connect(world.receiver, sender)
        signal.disconnect(world.other, sender)
        if depth < 2:
            signal.send(sender, depth=depth + 1)

    with connected(signal, (change, ANY), (world.other, world.sender), (world.receiver, ANY)):
        signal.send(world.sender)


@coming
def send_otherwise(world: World) -> None:
    signal: Any = world.choose((world.ordered, world.replaced))
    with connected(signal, (world.receiver, ANY), (world.other, world.sender), (coroutine, world.sender)):
        signal.send(world.sender, _async_wrapper=blocking, x=1)
        finish(signal.send_async(world.sender, _sync_wrapper=awaitable, x=1))
        with failing(RuntimeError):
            signal.send(world.sender)
        with failing(RuntimeError):
            finish(signal.send_async(world.sender))


@coming
def generate(world: World) -> None:
    left, closed, thrown = map(world.crowded.receivers_for, (world.sender, ANY, "sender"))
    for half_way in (left, closed, thrown):
        next(half_way)
    closed.close()
    with failing():
        thrown.throw(LookupError)
    world.crowded.receivers_for(world.sender)
    list(world.crowded.receivers_for(Thing()))


@coming
def generate_meanwhile(world: World) -> None:
    mortal = function()
    for receiver in (world.other, mortal, world.receiver):
        world.signal.connect(receiver)
    half_way = world.signal.receivers_for(None)
    next(half_way)
    world.signal.disconnect(world.receiver)
    del mortal, receiver
    assert list(half_way) == []
    world.signal.disconnect(world.other)


@coming
def send_async(world: World) -> None:
    signal = world.signal
    with connected(signal, (coroutine, ANY), (waits, world.sender), (world.receiver, world.sender)):
        finish(signal.send_async("sender", x=1))
        closed, thrown, ended, left = (signal.send_async(world.sender, x=1) for _ in range(4))
        for sending in (closed, thrown, ended, left):
            sending.send(None)
        closed.close()
        with failing():
            thrown.throw(LookupError)
        with failing(RuntimeError):
            ended.send(None)  # there is a receiver that is no coroutine function
        signal.send_async(world.sender).close()
    assert finish(signal.send_async(world.sender)) == []


# Muting, the public dictionary, copying, namespaces, attributes


@coming
def mute(world: World) -> None:
    with connected(world.signal, (raises, ANY)):
        with world.signal.muted(), world.signal.muted():
            world.signal.send(world.sender)
            finish(world.signal.send_async(world.sender))
        world.signal.is_muted = True
        world.signal.send(x=1)
        del world.signal.is_muted
        world.signal.is_muted = False
        with failing(), world.signal.muted():
            raise LookupError


@coming
def change_dictionary(world: World) -> None:
    signal = world.signal
    with connected(signal, (world.receiver, ANY), (world.other, world.sender)):
        saved, key = copy.copy(signal.receivers), id(world.receiver)
        change = world.choose(
            (
                lambda: signal.receivers.update({key: world.other}),
                lambda: signal.receivers.update({key: weakref.ref(function())}),
                lambda: signal.receivers.pop(key),
                lambda: setattr(signal, "receivers", {key: function()}),
                lambda: signal.receivers.clear(),
                lambda: signal.__delattr__("receivers"),
            )
        )
        change()  # type: ignore[no-untyped-call]
        signal.send(world.sender)
        signal.receivers = saved
        assert len(signal.send(world.sender)) == 2


@coming
def copy_and_pickle(world: World) -> None:
    signal = world.signals.NamedSignal("named", "A named signal.")
    signal.receiver_connected.connect(observer)
    signal.connect(world.receiver)
    signal.connect(raises, "sender", weak=False)
    copied: tuple[Callable[[Any], Any], ...] = copy.copy, copy.deepcopy
    made = world.choose(copied)(signal)
    assert made.has_receivers_for("sender")
    with failing(TypeError):
        pickle.dumps(signal)
    if world.signals.__name__ == "aldis.signals":  # else pickle finds another class there
        pickle.loads(pickle.dumps(world.signals.NamedSignal("named")))


@coming
def use_namespace(world: World) -> None:
    ready = world.namespace.signal("ready", "A signal.")
    ready.connect(world.receiver, weak=False)
    assert repr(world.namespace.signal("ready")) == repr(ready)
    with failing(TypeError):
        world.namespace.signal([])
    copy.copy(world.namespace)
    world.namespace.clear()


@coming
def use_attributes(world: World) -> None:
    signal = world.signal
    signal.extra, signal.__doc__ = function(), f"A signal of turn {world.turns}."
    signal.receivers_for = lambda sender: iter([world.receiver])
    assert signal.send(x=1) == [(world.receiver, 0)]
    signal.__dict__ = {"extra": [signal.extra]}
    vars(signal).clear()
    with failing(AttributeError):
        signal.extra  # noqa: B018


@coming
def inspect(world: World) -> None:
    with connected(world.signal, (world.receiver, ANY), (world.receiver, world.sender), (raises, "sender")):
        assert world.signal._by_sender and world.signal._by_receiver and world.signal._weak_senders
        world.signal._cleanup_bookkeeping()
        repr(world.signal)

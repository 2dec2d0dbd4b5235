"""Right uses of bare signals, and the types that checkers must infer."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator, Hashable
from copy import copy
from functools import partial
from typing import Any, TypeVar, assert_type
from weakref import ref

from aldis import ANY, NamedSignal, Namespace, Signal, accelerated, install_as_blinker, signal
from aldis.signals import Symbol, make_id, make_ref

F = TypeVar("F", bound=Callable[..., Any])


def receiver(sender: object, **kwargs: object) -> int:
    return 1


async def coroutine_receiver(sender: object, *, number: int = 0) -> str:
    return ""


class Thing:
    def method(self, sender: Thing) -> float:
        return 1.5

    def __call__(self, sender: object) -> bytes:
        return b""


thing = Thing()

# The package
assert_type(ANY, Symbol)
assert_type(accelerated, bool)
assert_type(install_as_blinker(), None)
assert_type(signal("ready"), NamedSignal)

# Making signals
ready = Signal()
assert_type(Signal("Sent when ready."), Signal)
assert_type(NamedSignal("ready", "Sent when ready."), NamedSignal)
assert_type(NamedSignal("ready").name, str)
namespace = Namespace()
assert_type(namespace.signal("ready"), NamedSignal)
mapping: dict[str, NamedSignal] = namespace

# Connecting gives back what was connected
assert_type(ready.connect(receiver)(None), int)
assert_type(ready.connect(receiver, thing, weak=False)(None, a=1), int)
assert_type(ready.connect(thing.method)(thing), float)
assert_type(ready.connect(thing), Thing)
assert_type(ready.connect(partial(receiver, a=1)), partial[int])
ready.connect(print, "sender", False)
assert_type(ready.disconnect(receiver), None)


@ready.connect
def decorated(sender: object) -> int:
    return 1


@ready.connect_via(thing, weak=True)
def decorated_via(sender: object, *, name: str) -> list[str]:
    return [name]


assert_type(decorated(None), int)
assert_type(decorated_via(None, name=""), list[str])

with ready.connected_to(receiver) as given:
    assert_type(given, None)
with ready.connected_to(receiver, sender=thing), ready.muted() as given:
    assert_type(given, None)


@ready.connected_to(receiver)
@ready.muted()
def during(number: int) -> str:
    return str(number)


assert_type(during(1), str)

# Sending
assert_type(ready.send(), list[tuple[Callable[..., Any], Any]])
assert_type(ready.send(thing, self=1, receiver=2), list[tuple[Callable[..., Any], Any]])


def ensure_sync(function: Callable[..., Coroutine[Any, Any, Any]]) -> Callable[..., Any]:
    return function


def ensure_async(function: Callable[..., Any]) -> Callable[..., Coroutine[Any, Any, Any]]:
    return function


async def sending() -> None:
    assert_type(await ready.connect(coroutine_receiver, sender=ANY)(None, number=1), str)
    assert_type(await ready.send_async(), list[tuple[Callable[..., Any], Any]])
    assert_type(await ready.send_async(thing, _sync_wrapper=ensure_async, a=1), list[tuple[Callable[..., Any], Any]])


assert_type(ready.send(thing, _async_wrapper=ensure_sync, a=1), list[tuple[Callable[..., Any], Any]])
send: Callable[..., list[tuple[Callable[..., Any], Any]]] = ready.send

# Asking
assert_type(ready.has_receivers_for(thing), bool)
assert_type(ready.receivers_for(ANY), Generator[Callable[..., Any], None, None])
assert_type(len(ready.receivers), int)
held = ready.receivers[make_id(receiver)]
assert_type(held, Callable[..., Any] | ref[Callable[..., Any]])
saved = copy(ready.receivers)
ready.receivers = saved
ready.receivers[make_id(receiver)] = receiver
del ready.receivers
assert_type(ready.is_muted, bool)
ready.is_muted = True
assert_type(ready.receiver_connected, Signal)
assert_type(ready.receiver_disconnected, Signal)
assert_type(ready.ANY, Symbol)
assert_type(ready.set_class, type[set[Any]])

# Identities
assert_type(make_id(thing), Hashable)
assert_type(make_ref(thing), ref[Thing])
assert_type(Symbol("name").name, str)


# Subclasses
class OrderedSet(set[Any]):
    pass


class Mine(NamedSignal):
    set_class = OrderedSet

    def __init__(self, name: str, level: int) -> None:
        super().__init__(name)
        self.level = level

    def send(
        self,
        sender: Any = None,
        /,
        *,
        _async_wrapper: Callable[[Callable[..., Coroutine[Any, Any, Any]]], Callable[..., Any]] | None = None,
        **kwargs: Any,
    ) -> list[tuple[Callable[..., Any], Any]]:
        return super().send(sender, _async_wrapper=_async_wrapper, level=self.level, **kwargs)

    def connect(self, receiver: F, sender: Any = ANY, weak: bool = True) -> F:
        return super().connect(receiver, sender, weak=False)


Signal.set_class = OrderedSet
assert_type(Mine("ready", 1).send(thing), list[tuple[Callable[..., Any], Any]])

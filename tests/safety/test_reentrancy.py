"""Code of others that runs in the midst of an operation: it raises, recurs, changes the signal, or lets it go."""

from __future__ import annotations

import asyncio
import gc
import signal as os_signal
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count, pairwise
from types import ModuleType
from typing import Any

import pytest
from dispatch import (
    Thing,
    assert_untouched,
    by_receivers_for,
    by_send,
    by_send_async,
    collections,
    every_way,
    function,
    tables,
)

from aldis import ANY

Act = Callable[[], Any]


class Hook(threading.local):
    """What the code of others does when it is reached: an act, once, and then nothing. Each thread has its own."""

    def __init__(self) -> None:
        self.act: Act | None = None
        self.reached = 0
        self.passed = 0  # how many times it is reached before it acts

    def __call__(self) -> None:
        self.reached += 1
        if self.reached > self.passed:
            act, self.act = self.act, None
            if act is not None:
                act()

    def acts_in(self, operation: Act, act: Act) -> bool:
        """Let it act in the midst of an operation. Tell whether it was reached as often as that takes."""
        self.act, self.reached = act, 0
        try:
            held = operation()
        finally:
            acted, self.act = self.act is None, None
        del held
        return acted


hook = Hook()


@pytest.fixture(autouse=True, scope="module")
def frozen() -> Iterator[None]:
    """What is there already need not be looked through at each collection."""
    if hasattr(gc, "freeze"):
        gc.collect()
        gc.freeze()
        yield
        gc.unfreeze()
    else:
        yield


@pytest.fixture(autouse=True)
def idle() -> Iterator[None]:
    hook.__init__()  # type: ignore[misc]
    yield
    hook.act = None


def fail() -> None:
    raise ArithmeticError("by the hook")


class HashStr(str):
    def __hash__(self) -> int:
        hook()
        return super().__hash__()


class HashInt(int):
    def __hash__(self) -> int:
        hook()
        return super().__hash__()


class EqualStr(str):
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        hook()
        return super().__eq__(other)


class EqualInt(int):
    __hash__ = int.__hash__

    def __eq__(self, other: object) -> bool:
        hook()
        return super().__eq__(other)


def entered(context: Any) -> Any:
    context.__enter__()
    return context  # nobody leaves it while it is held


VALUES: dict[str, Callable[[], Any]] = {
    "hash of a string": lambda: HashStr("value"),
    "hash of a number": lambda: HashInt(2**70),
    "equality of strings": lambda: EqualStr("value"),
    "equality of numbers": lambda: EqualInt(2**70),
}
new, another, foreign = function(), function(), function()
OPERATIONS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "connect new": lambda signal, receiver, sender: signal.connect(new, sender),
    "connect foreign": lambda signal, receiver, sender: signal.connect(foreign, sender),
    "connect another": lambda signal, receiver, sender: signal.connect(another, sender),
    "connect": lambda signal, receiver, sender: signal.connect(receiver, sender),
    "connect strongly": lambda signal, receiver, sender: signal.connect(receiver, sender, weak=False),
    "disconnect": lambda signal, receiver, sender: signal.disconnect(receiver, sender),
    "send": lambda signal, receiver, sender: signal.send(sender),
    "send_async": lambda signal, receiver, sender: by_send_async(signal, sender),
    "receivers_for": lambda signal, receiver, sender: by_receivers_for(signal, sender),
    "has_receivers_for": lambda signal, receiver, sender: signal.has_receivers_for(sender),
    "connected_to": lambda signal, receiver, sender: entered(signal.connected_to(receiver, sender)),
}
every_value = pytest.mark.parametrize("make", VALUES.values(), ids=VALUES)
every_operation = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)


@every_value
@every_operation
def test_a_value_that_raises(
    signals: ModuleType, make: Callable[[], Any], operation: Callable[[Any, Any, Any], Any]
) -> None:
    for hook.passed in count():
        signal, receiver, known = signals.Signal(), function(), make()
        signal.connect(receiver, known)
        signal.connect(other := function())
        signal.connect(another, "other")
        signal.receivers[signals.make_id(foreign)] = foreign
        signal.send(known)
        before, called = tables(signal), by_send(signal, known)
        try:
            assert not hook.acts_in(partial(operation, signal, receiver, make()), fail), "the error is lost"
        except ArithmeticError:
            assert tables(signal) == before
            assert by_send(signal, make()) == called == [receiver, other]
            signal.disconnect(receiver, make())
            signal.disconnect(other)
            signal.disconnect(another)
            signal.disconnect(foreign)
            assert_untouched(signal, known)
        else:  # not reached as often
            assert hook.passed
            break


@every_value
@every_operation
@pytest.mark.parametrize("act", ["connect", "disconnect", "send", "clear", "drop"])
def test_a_value_that_acts(
    signals: ModuleType, make: Callable[[], Any], operation: Callable[[Any, Any, Any], Any], act: str
) -> None:
    for hook.passed in count():
        held, receiver, other, known = [signals.Signal()], function(), function(), make()
        alive = weakref.ref(held[0])
        held[0].connect(receiver, known)
        held[0].connect(other, known)
        acts: dict[str, Act] = {
            "connect": lambda: alive().connect(function(), make(), weak=False),  # type: ignore[union-attr]  # noqa: B023
            "disconnect": lambda: alive().disconnect(receiver, make()),  # type: ignore[union-attr]  # noqa: B023
            "send": lambda: alive().send(make()),  # type: ignore[union-attr]  # noqa: B023
            "clear": lambda: alive()._clear_state(),  # type: ignore[union-attr]  # noqa: B023
            "drop": held.clear,
        }
        if not hook.acts_in(partial(operation, held[0], receiver, make()), acts[act]):
            assert hook.passed
            break
        if act == "drop":
            gc.collect()
            assert alive() is None
            continue
        signal = held[0]
        assert len(by_send(signal, make())) == len(set(by_send(signal, known))) == len(signal._by_receiver)
        for found in by_send(signal, known):
            signal.disconnect(found, make())
        assert_untouched(signal, known)


def test_a_value_that_recurs_for_ever(signals: ModuleType) -> None:
    class Endless(str):
        __hash__ = str.__hash__

        def __eq__(self, other: object) -> bool:
            signal.send(Endless("value"))
            return True

    signal, receiver = signals.Signal(), function()
    signal.connect(receiver, "value")
    for operation in OPERATIONS.values():
        with pytest.raises(RecursionError):
            operation(signal, receiver, Endless("value"))
    assert by_send(signal, "value") == [receiver]
    signal.disconnect(receiver)
    assert_untouched(signal, "value")


@every_way
@pytest.mark.parametrize("make", [HashStr, HashInt])
def test_a_value_that_raises_under_way(
    signals: ModuleType, dispatch: Callable[..., Any], make: Callable[[int], Any]
) -> None:
    signal, second, known = signals.Signal(), function(), make(1)

    def first(sender: Any) -> None:
        signal.disconnect(second)
        signal.connect(second, "other")
        hook.act = fail

    signal.connect(first)
    signal.connect(second)
    with pytest.raises(ArithmeticError):
        dispatch(signal, known)
    assert by_send(signal, known) == [first]


# Finalizers and callbacks of weak references: they run where the last reference goes, in the midst of a change.


class Mortal(Thing):
    def __del__(self) -> None:
        hook()


ENDS: dict[str, Callable[[Any, Any], Any]] = {
    "disconnect": lambda signal, mortal: signal.disconnect(mortal.pop().method),
    "disconnect the sender": lambda signal, mortal: signal.disconnect(mortal.pop().method, "sender"),
    "_clear_state": lambda signal, mortal: (mortal.clear(), signal._clear_state()),
    "receivers cleared": lambda signal, mortal: (mortal.clear(), signal.receivers.clear()),
    "receivers replaced": lambda signal, mortal: (mortal.clear(), signal.__setattr__("receivers", {})),
    "connect weakly": lambda signal, mortal: signal.connect(mortal.pop().method, "sender", weak=True),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
@pytest.mark.parametrize("act", ["connect", "disconnect", "send", "clear", "raise", "collect"])
def test_a_finalizer_that_acts(
    signals: ModuleType,
    collect: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
    end: Callable[[Any, list[Any]], Any],
    act: str,
) -> None:
    signal, other, new, mortal = signals.Signal(), function(), function(), [Mortal()]
    unraisable: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda args: unraisable.append(args.exc_type))
    signal.connect(mortal[0].method, "sender", weak=False)
    signal.connect(other, "other")
    acts: dict[str, Act] = {
        "connect": lambda: signal.connect(new, "new"),
        "disconnect": lambda: signal.disconnect(other),
        "send": lambda: signal.send("sender"),
        "clear": lambda: signal._clear_state(),
        "raise": fail,
        "collect": gc.collect,
    }
    collect()  # what other tests left
    hook.act, hook.reached = acts[act], 0
    end(signal, mortal)
    collect()
    assert hook.reached == 1 and hook.act is None
    assert unraisable == [ArithmeticError] * (act == "raise")
    assert (signals.make_id(new) in signal.receivers) == (act == "connect")  # at once, not with the next change
    assert by_send(signal, "sender") == []
    assert by_send(signal, "new") == [new] * (act == "connect")
    signal.disconnect(other)
    signal.disconnect(new)
    assert_untouched(signal, "sender", "other", "new")


def test_many_die_in_the_midst_of_a_change(signals: ModuleType, collect: Callable[[], None]) -> None:
    signal, stays, dying = signals.Signal(), function(), [function() for _ in range(3000)]
    for receiver in dying:
        signal.connect(receiver)
    del receiver
    hook.act = dying.clear
    signal.connect(stays, HashStr("value"))
    collect()
    assert not dying
    assert by_send(signal, "value") == [stays]
    signal.disconnect(stays)
    assert_untouched(signal, "value")


LOOKS: dict[str, Callable[[Any, Any], Any]] = {
    "send": lambda signal, known: signal.send(known),
    "receivers replaced": lambda signal, known: setattr(signal, "receivers", dict(signal.receivers)),
    "_by_sender": lambda signal, known: signal._by_sender,
    "connect": lambda signal, known: signal.connect(new, known),
    "disconnect": lambda signal, known: signal.disconnect(new, known),
    "cleared": lambda signal, known: signal._clear_state(),
}


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="the collector comes when it likes")
@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_the_collector_comes_whenever_it_can(signals: ModuleType, look: Callable[[Any, Any], Any]) -> None:
    signal, left, others = signals.Signal(), [40], [function() for _ in range(40)]

    class Garbage:
        def __init__(self) -> None:
            self.itself = self

        def __del__(self) -> None:
            if left[0]:
                left[0] -= 1
                for other in others:
                    (signal.connect if left[0] % 2 else signal.disconnect)(other, EqualStr("value"))
                Garbage()

    for other in others:
        signal.connect(other, EqualStr(f"value {id(other)}"))
    Garbage()
    with collections(1):
        for _ in range(20):
            look(signal, EqualStr("value"))
    left[0] = 0
    signal._clear_state()
    assert_untouched(signal)


@pytest.mark.skipif(sys.implementation.name != "cpython", reason="the collector comes when it likes")
def test_pairs_that_end_while_they_are_listed(signals: ModuleType) -> None:
    """They are listed as they were, or not at all."""
    things = [Thing() for _ in range(100)]

    class Garbage:
        def __init__(self, end: Callable[[], Any]) -> None:
            self.itself, self.end = self, end

        def __del__(self) -> None:
            self.end()

    signal, receiver, stays = signals.Signal(), function(), [ANY] * 100 + ["stays"]
    for thing in things:
        signal.connect(thing.method)
    signal.connect(receiver, "stays")
    for threshold in range(1, 200):
        signal.connect(receiver, "ends")
        gc.collect()
        with collections(threshold):
            Garbage(partial(signal.disconnect, receiver, "ends"))
            listed = signal._connections()
        assert [connection[3] for connection in listed] in (stays, [*stays, "ends"])


DYING = {
    "sender": "signal.connect(garbage(function()), mortal)",
    "receiver": "signal.connect(mortal, garbage(Thing()))",
    "instance of a method": "signal.connect(mortal.method, garbage(Thing()))",
    "function of a method": "signal.connect(MethodType(mortal, stays), garbage(Thing()))",
    "receiver of signals": "garbage(kept.pop()).connect(mortal)",
}


@pytest.mark.parametrize("connect", DYING.values(), ids=DYING)
def test_the_collector_comes_while_a_death_is_told(run: Callable[..., Any], core: str, connect: str) -> None:
    """CPython before 3.12 crashes when weak references to what is dying are let go of at that moment."""
    if core == "pure" and "kept.pop" in connect and sys.version_info < (3, 12):
        pytest.skip("the weak references of a signal in pure Python are garbage as it is, for the collector to take")
    script = f"""
import gc, sys
from types import MethodType
from aldis._core import signals_on
from aldis._identity import MethodRef

class Thing:
    def __call__(self, sender): pass
    def method(self, sender): pass

def function():
    def receiver(*senders): pass
    return receiver

def garbage(thing):
    thing.itself = thing
    return thing

stays, signals = Thing(), signals_on({core!r})
for _ in range(10):
    mortal = {"function()" if "MethodType" in connect else "Thing()"}
    gc.disable()
    gc.collect()
    kept = []
    for _ in range(4):
        signal = signals.Signal()
        kept.append(signal)
        {connect}
    del signal
    left = [[] for _ in range(5000)], [(None,) * size for size in range(20) for _ in range(2500)]  # no tuple is spare
    gc.enable()
    del mortal
    if sys.implementation.name == "cpython":  # elsewhere it goes with the next collection
        assert not [each for each in gc.get_objects() if type(each) is MethodRef], "what waited for the call is kept"
    left = [bytearray(b"\\xff" * 88) for _ in range(2000)]
"""
    done = run("-c", script)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), done.stderr


@pytest.mark.parametrize("dying", ["receiver", "sender"])
def test_callbacks_of_others_change_the_signal(signals: ModuleType, collect: Callable[[], None], dying: str) -> None:
    signal, mortal, other = signals.Signal(), [Thing()], function()

    def before(reference: object) -> None:
        signal.connect(other, "before")

    def after(reference: object) -> None:
        signal.disconnect(other, "before")
        signal.connect(other, "after")

    references = [weakref.ref(mortal[0], after)]  # callbacks run in the opposite order
    if dying == "receiver":
        signal.connect(mortal[0].method)
    else:
        signal.connect(stays := function(), mortal[0])
    references.append(weakref.ref(mortal[0], before))
    mortal.clear()
    collect()
    assert by_send(signal, "after") == [other]
    assert by_send(signal, "before") == []
    signal.disconnect(other)
    assert_untouched(signal)
    if dying == "sender":
        signal.disconnect(stays)


@every_way
def test_the_dead_are_not_called_before_their_death_is_told(
    signals: ModuleType, collect: Callable[[], None], dispatch: Callable[..., Any]
) -> None:
    class Local(Thing):
        def method(self, sender: Any, **kwargs: Any) -> Any: ...

    signal, called = signals.Signal(), []
    by_instance: Any = Local().other_method
    by_function: Any = Local().method
    signal.connect(by_instance)
    signal.connect(by_function)
    instance = by_function.__self__
    assert dispatch(signal) == [by_instance, by_function]
    references = [
        weakref.ref(dying, lambda dead: called.append(dispatch(signal)))  # which runs before those made earlier
        for dying in (by_instance.__self__, Local.method)
    ]
    del by_instance
    collect()
    assert called == [[by_function]] == [dispatch(signal)]
    del by_function, Local.method
    called.clear()
    collect()
    assert called == [[]]
    assert [reference() for reference in references] == [None, None]
    del instance


# Observers


@pytest.mark.parametrize("act", ["connect another", "disconnect all", "disconnect itself", "clear", "drop"])
@pytest.mark.parametrize("error", [None, ArithmeticError, KeyboardInterrupt, SystemExit])
def test_an_observer_that_acts(
    signals: ModuleType, collect: Callable[[], None], act: str, error: type[BaseException] | None
) -> None:
    held, receiver, other, seen = [signals.Signal()], function(), function(), []
    alive = weakref.ref(held[0])

    def observe(observed: Any, **kwargs: Any) -> None:
        seen.append(kwargs["receiver"])
        if kwargs["receiver"] is other:
            return
        if act == "connect another":
            observed.connect(other, "other")
        elif act == "disconnect all":
            observed.disconnect(receiver)
        elif act == "disconnect itself":
            observed.receiver_connected.disconnect(observe)
        elif act == "clear":
            observed._clear_state()
        else:
            held.clear()
            del observed
            collect()
        if error is not None:
            raise error

    held[0].receiver_connected.connect(observe)
    if error is None:
        held[0].connect(receiver, "sender")
    else:
        with pytest.raises(error):
            held[0].connect(receiver, "sender")
    if act == "drop":
        collect()
        assert alive() is None
        return
    stays = error is None and act in ("connect another", "disconnect itself")
    assert by_send(held[0], "sender") == [receiver] * stays
    assert by_send(held[0], "other") == [other] * (act == "connect another")
    assert seen == [receiver, *[other] * (act == "connect another")]
    held[0].disconnect(receiver)
    held[0].disconnect(other)
    assert_untouched(held[0], "sender", "other")


@pytest.mark.parametrize("depth", range(12))
@pytest.mark.parametrize("name", ["receiver_connected", "receiver_disconnected"])
def test_an_observer_that_recurs_for_ever(signals: ModuleType, name: str, depth: int) -> None:
    """From depths enough that the stack is full at each step of a change once."""
    signal, receivers = signals.Signal(), [function() for _ in range(2 * sys.getrecursionlimit())]
    operation = signal.connect if name == "receiver_connected" else signal.disconnect
    if name == "receiver_disconnected":
        for receiver in receivers:
            signal.connect(receiver)
    left = iter(receivers)

    def observe(*observed: Any, **kwargs: Any) -> None:
        operation(next(left))

    def deeper(steps: int) -> None:
        deeper(steps - 1) if steps else observe()

    getattr(signal, name).connect(observe)
    with pytest.raises(RecursionError):
        deeper(depth)
    getattr(signal, name).disconnect(observe)
    assert receivers.index(next(left)) > 50
    if name == "receiver_disconnected":
        for receiver in receivers:  # of which most had no turn
            signal.disconnect(receiver)
    assert_untouched(signal)


# Receivers


@every_way
@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit, RecursionError])
def test_a_dispatch_that_breaks_off(
    signals: ModuleType, dispatch: Callable[..., Any], error: type[BaseException]
) -> None:
    signal, receivers, called = signals.Signal(), [function() for _ in range(40)], []

    def raises(sender: Any) -> None:
        called.append(sender)
        signal.disconnect(receivers[0])
        signal.connect(receivers[0], "sender")
        raise error

    for receiver in (*receivers[:20], raises, *receivers[20:]):
        signal.connect(receiver)
    for _ in range(3):
        with pytest.raises(error):
            dispatch(signal, "sender")
    assert called == ["sender"] * 3
    signal.disconnect(raises)
    assert dispatch(signal, "sender") == [*receivers[1:], receivers[0]]
    for receiver in receivers:
        signal.disconnect(receiver)
    assert_untouched(signal, "sender")


def test_a_receiver_that_sends_again_for_ever(signals: ModuleType) -> None:
    signal, depth = signals.Signal(), []

    def plain(sender: Any) -> None:
        depth.append(sender)
        (by_send, by_receivers_for, by_send_async)[len(depth) % 3](signal, sender)

    async def coroutine(sender: Any) -> None:
        await signal.send_async(sender)

    signal.connect(plain, "plain")
    signal.connect(coroutine, "coroutine")
    for sender in ("plain", "coroutine"):
        with pytest.raises(RecursionError):
            by_send_async(signal, sender)
    assert len(depth) > 20
    signal.disconnect(plain)
    signal.disconnect(coroutine)
    assert_untouched(signal, *depth[:1])


def test_signals_that_send_one_another(core: str, signals: ModuleType) -> None:
    chain = [signals.Signal() for _ in range(100)]
    for signal, following in pairwise(chain):
        signal.connect(following.send, weak=False)
    chain[-1].connect(lambda sender: sender, weak=False)
    results = chain[0].send("sender")
    for _ in chain[1:]:
        [(_, results)] = results
    assert [result for _, result in results] == ["sender"]
    # CPython 3.13.0 does not count calls of a method that is written in Python
    chain[-1].connect(chain[0].send if core == "compiled" else lambda sender: chain[0].send(sender), weak=False)
    with pytest.raises(RecursionError):
        chain[0].send("sender")


@every_way
def test_a_call_that_is_replaced(signals: ModuleType, dispatch: Callable[..., Any]) -> None:
    class Changing:
        def __call__(self, sender: Any) -> None:
            called.append("first")
            type(self).__call__ = lambda self, sender: called.append("second")  # type: ignore[method-assign]
            signal.disconnect(self)
            signal.connect(self)

    signal, receiver = signals.Signal(), Changing()
    called: list[str] = []
    signal.connect(receiver)
    for _ in range(2):
        assert dispatch(signal) == [receiver]
    assert called == ["first", "second"]
    receiver.__class__ = type("Mute", (), {})
    with pytest.raises(TypeError, match="not callable"):
        dispatch(signal)
    signal.disconnect(receiver)
    assert_untouched(signal)


class Meta(type):
    """Of classes that raise at whatever is asked of them, but for being called."""

    def __eq__(cls, other: object) -> bool:
        raise ArithmeticError("equality of a class")

    def __hash__(cls) -> int:
        raise ArithmeticError("hash of a class")

    def __bool__(cls) -> bool:
        raise ArithmeticError("truth of a class")

    def __instancecheck__(cls, instance: object) -> bool:
        raise ArithmeticError("instances of a class")


class Liar(metaclass=Meta):
    """Says that it is a string, a number, or whatever else."""

    def __init__(self, kind: type) -> None:
        self.kind = kind

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return self.kind

    def __call__(self, sender: Any, **kwargs: Any) -> Any:
        return self.kind

    def __eq__(self, other: object) -> bool:
        raise ArithmeticError("equality")

    __hash__ = None  # type: ignore[assignment]


@pytest.mark.parametrize("kind", [str, int, type, weakref.ref, type(ANY)])
def test_who_is_not_what_it_says(signals: ModuleType, collect: Callable[[], None], kind: type) -> None:
    signal, held = signals.Signal(), [Liar(kind), Liar(kind)]
    signal.connect(held[0], held[1])
    signal.connect(Liar, held[1])
    signal.connect(held[1])
    for dispatch in (by_send, by_receivers_for):
        assert list(map(id, dispatch(signal, held[1]))) == [id(held[0]), id(Liar), id(held[1])]
        assert list(map(id, dispatch(signal, held[0]))) == [id(held[1])]
    signal.disconnect(Liar)
    signal.disconnect(held[0], held[1])
    assert list(map(id, by_send(signal, held[1]))) == [id(held[1])]
    held.clear()
    collect()
    assert_untouched(signal, kind)


# Cancellation


@pytest.mark.parametrize("position", range(4))
@pytest.mark.parametrize("swallowed", [False, True])
def test_cancellation_at_each_receiver(signals: ModuleType, position: int, swallowed: bool) -> None:
    signal, called, cleaned = signals.Signal(), [], []

    def make(number: int) -> Any:
        async def receiver(sender: Any) -> int:
            called.append(number)
            try:
                await asyncio.sleep(60 if number == position else 0)
            except asyncio.CancelledError:
                cleaned.append(number)
                if not swallowed:
                    raise
            return number

        return receiver

    async def main() -> list[int]:
        sending = asyncio.ensure_future(signal.send_async("sender"))
        while len(called) <= position:
            await asyncio.sleep(0)
        sending.cancel()
        return [result for _, result in await sending]

    receivers = [make(number) for number in range(4)]
    for number, receiver in enumerate(receivers):
        signal.connect(receiver, (ANY, "sender")[number % 2])
    if swallowed:
        assert asyncio.run(main()) == list(range(4))
    else:
        with pytest.raises(asyncio.CancelledError):
            asyncio.run(main())
    assert called == list(range(4 if swallowed else position + 1))
    assert cleaned == [position]
    assert [receiver for receiver in signal.receivers_for("sender")] == receivers  # noqa: C416
    for receiver in receivers:
        signal.disconnect(receiver)
    assert_untouched(signal, "sender")


def test_a_send_that_is_closed(signals: ModuleType, collect: Callable[[], None]) -> None:
    signal, things, closed = signals.Signal(), [Thing()], []

    async def receiver(sender: Any) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            closed.append(signal.has_receivers_for(ANY))
            signal.disconnect(receiver)

    async def main() -> None:
        sending = signal.send_async(things[0])
        sending.send(None)
        sending.close()

    alive = weakref.ref(things[0])
    signal.connect(receiver)
    signal.connect(function("never called"), things[0], weak=False)
    asyncio.run(main())
    assert closed == [True]
    things.clear()
    collect()
    assert alive() is None
    assert_untouched(signal)


# Signals of the operating system: their handlers run between any two instructions of Python, in the same thread.


@pytest.mark.skipif(not hasattr(os_signal, "setitimer"), reason="there are no interval timers")
def test_a_handler_that_changes_the_table(signals: ModuleType) -> None:
    signal, mine, its, handled = signals.Signal(), [Thing().method for _ in range(5)], function(), []

    def handle(number: int, frame: object) -> None:
        handled.append(by_send(signal, "stays"))
        if len(handled) % 2:
            signal.connect(its, "mine")
        else:
            signal.disconnect(its)
        if len(handled) < 200:  # only now, lest handlers interrupt one another for ever
            os_signal.setitimer(os_signal.ITIMER_REAL, 0.0002)

    signal.connect(stays := function(), "stays")
    before = os_signal.signal(os_signal.SIGALRM, handle)
    try:
        os_signal.setitimer(os_signal.ITIMER_REAL, 0.0002)
        while len(handled) < 200:
            for receiver in mine:
                signal.connect(receiver, "mine")
            assert [receiver for receiver in by_send(signal, "mine") if receiver is not its] == mine
            for receiver in mine:
                signal.disconnect(receiver)
    finally:
        os_signal.setitimer(os_signal.ITIMER_REAL, 0)
        os_signal.signal(os_signal.SIGALRM, before)
    assert all(found == [stays] for found in handled)
    assert by_send(signal, "mine") == [its] * (len(handled) % 2)
    signal.disconnect(its)
    signal.disconnect(stays)
    assert_untouched(signal, "mine", "stays")

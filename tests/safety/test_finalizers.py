"""Finalizers, weakref callbacks and the garbage collector run foreign code in the middle of an operation."""

from __future__ import annotations

import contextlib
import gc
import sys
import weakref
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
from support.helpers import Thing, assert_untouched, by_send, collections, every_way, function
from support.scripts import Run, run_script

from aldis.signals import ANY_ID, make_id

on_cpython = pytest.mark.skipif(sys.implementation.name != "cpython", reason="needs CPython's garbage collector")


class Part:
    def __call__(self, sender: Any, **kwargs: Any) -> None: ...


class Finalized:
    """Calls a function when it dies. Its attributes are released in alphabetical order."""

    __slots__ = ("__weakref__", "a", "act", "b", "c", "d")
    a: Any
    b: Any
    c: Any
    d: Any

    def __init__(self, act: Callable[[], Any] = lambda: None) -> None:
        self.act = act

    def __call__(self, sender: Any) -> None: ...

    def __del__(self) -> None:
        self.act()


@pytest.fixture
def unraisable(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The types of the exceptions that finalizers and callbacks raise."""
    types: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda args: types.append(args.exc_type))
    return types


# Finalizers


def replace_receivers(signal: Any) -> Any:
    """Assign another dictionary. The signal drops the old one when it next looks for receivers."""
    signal.receivers = {}
    return list(signal.receivers_for(None))


ENDS: dict[str, Callable[[Any, list[Any]], Any]] = {
    "disconnect": lambda signal, held: signal.disconnect(held.pop()),
    "disconnect the sender": lambda signal, held: signal.disconnect(held.pop(), "sender"),
    "_clear_state": lambda signal, held: held.pop() and signal._clear_state(),
    "clear receivers": lambda signal, held: held.pop() and signal.receivers.clear(),
    "replace receivers": lambda signal, held: held.pop() and replace_receivers(signal),
    "connect weakly": lambda signal, held: signal.connect(held.pop(), "sender", weak=True),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
@pytest.mark.parametrize("act", ["connect", "disconnect", "send", "clear", "raise", "collect"])
def test_finalizer_that_uses_the_signal(
    signals: ModuleType,
    collect: Callable[[], None],
    unraisable: list[Any],
    end: Callable[[Any, list[Any]], Any],
    act: str,
) -> None:
    signal, other, new = signals.Signal(), function(), function()
    acts: dict[str, Callable[[], Any]] = {
        "connect": lambda: signal.connect(new, "new"),
        "disconnect": lambda: signal.disconnect(other),
        "send": lambda: signal.send("sender"),
        "clear": lambda: signal._clear_state(),
        "raise": lambda: 1 / 0,
        "collect": gc.collect,
    }
    held = [Finalized(acts[act])]
    alive = weakref.ref(held[0])
    signal.connect(held[0], "sender", weak=False)
    signal.connect(other, "other")
    end(signal, held)
    collect()
    assert alive() is None
    assert unraisable == [ZeroDivisionError] * (act == "raise")
    assert (make_id(new) in signal.receivers) == (act == "connect")  # at once, not with the next change
    assert by_send(signal, "sender") == []
    assert by_send(signal, "new") == [new] * (act == "connect")
    signal.disconnect(other)
    signal.disconnect(new)
    assert_untouched(signal, "sender", "other", "new")


def connect_last_reference(signal: Any, receiver: Any) -> tuple[Any, Any]:
    """Connect a receiver strongly, and return identities that ``_disconnect`` ends its life with."""
    signal.connect(receiver, "main", weak=False)
    return make_id(receiver), make_id("main")


def plugin(app: Any, other: Any, own: Any, closed: Any, act: Callable[[], Any] = lambda: None) -> Finalized:
    """Return an object whose release queues three deaths. The second keeps ``own`` alive, whose end sends a signal."""
    made = Finalized()
    made.a, made.b, made.c, made.d = Part(), Part(), own, Part()
    app.connect(made.a)
    own.connect(made.b)
    own.farewell = Finalized(lambda: (closed.send(), act()))
    other.connect(made.d)
    return made


def test_queue_is_drained_by_a_nested_operation(signals: ModuleType, collect: Callable[[], None]) -> None:
    """A queued death keeps a signal alive, and the end of that signal drains the queue."""
    app, other, closed, keep = signals.Signal(), signals.Signal(), signals.Signal(), Part()
    closed.connect(keep)
    ids = connect_last_reference(app, plugin(app, other, signals.Signal(), closed))
    app._disconnect(*ids)
    collect()
    assert_untouched(app)
    assert_untouched(other)


def test_no_queued_death_is_lost(signals: ModuleType, collect: Callable[[], None]) -> None:
    """As above, while another signal changes: its receiver dies during the nested operation."""
    app, other, closed, changing = (signals.Signal() for _ in range(4))
    keep, doomed = Part(), [Part()]
    closed.connect(keep)
    changing.connect(doomed[0])
    ids = connect_last_reference(app, plugin(app, other, signals.Signal(), closed, doomed.clear))
    outer_ids = connect_last_reference(changing, Finalized(lambda: app._disconnect(*ids)))
    changing._disconnect(*outer_ids)
    for _ in range(3):  # on PyPy, each collection ends one link of the chain
        collect()
    assert not doomed
    for signal in (app, other, changing):
        assert_untouched(signal)


@on_cpython  # elsewhere, every object has weak references
def test_error_comes_out_of_the_call_that_caused_it(signals: ModuleType, collect: Callable[[], None]) -> None:
    """A finalizer connects a receiver wrongly during a change. Later changes and deaths go on."""
    signal, other = signals.Signal(), signals.Signal()
    raised: list[type[Exception]] = []

    class Slotted:
        __slots__ = ()

        def __call__(self, sender: Any) -> None: ...

    def connect_wrongly() -> None:
        try:
            signal.connect(Slotted())
        except TypeError as error:
            raised.append(type(error))

    receiver = Finalized()
    receiver.a, receiver.b = Finalized(connect_wrongly), Part()
    other.connect(receiver.b)
    signal.connect(receiver, weak=False)
    receiver_id = make_id(receiver)
    del receiver
    signal._disconnect(receiver_id, ANY_ID)
    collect()
    assert raised == [TypeError]
    assert_untouched(signal)
    assert_untouched(other)


# The garbage collector


class Garbage:
    """A cycle that calls a function when the collector frees it."""

    def __init__(self, act: Callable[[], Any]) -> None:
        self.itself, self.act = self, act

    def __del__(self) -> None:
        self.act()


USES: dict[str, Callable[[Any, Any], Any]] = {
    "send": lambda signal, receiver: signal.send("value"),
    "replace receivers": lambda signal, receiver: setattr(signal, "receivers", dict(signal.receivers)),
    "_by_sender": lambda signal, receiver: signal._by_sender,
    "connect": lambda signal, receiver: signal.connect(receiver, "value"),
    "disconnect": lambda signal, receiver: signal.disconnect(receiver, "value"),
    "_clear_state": lambda signal, receiver: signal._clear_state(),
}


@on_cpython
@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_collector_changes_the_signal_at_any_time(signals: ModuleType, use: Callable[[Any, Any], Any]) -> None:
    signal, receiver, others, left = signals.Signal(), function(), [function() for _ in range(40)], [40]

    def change() -> None:
        if left[0]:
            left[0] -= 1
            for other in others:
                (signal.connect if left[0] % 2 else signal.disconnect)(other, "value")
            Garbage(change)

    for number, other in enumerate(others):
        signal.connect(other, f"value {number}")
    Garbage(change)
    with collections(1):
        for _ in range(20):
            use(signal, receiver)
    left[0] = 0
    signal._clear_state()
    gc.collect()
    assert_untouched(signal)


@on_cpython
@pytest.mark.untraced
def test_collector_finds_signals_before_they_are_initialised(run: Run) -> None:
    run_script(run, "half_made_signals")


@pytest.mark.parametrize("dying", ["sender", "receiver", "instance", "function"])
def test_collection_at_the_start_of_a_death(run: Run, dying: str) -> None:
    """CPython before 3.12 crashes if a weak reference to a dying object is released at that moment."""
    run_script(run, "collection_during_death", dying)


# Weakref callbacks


@every_way
def test_dead_receiver_is_not_called_before_the_death_is_noticed(
    signals: ModuleType, collect: Callable[[], None], dispatch: Callable[..., Any]
) -> None:
    class Local(Thing):
        def method(self, sender: Any, **kwargs: Any) -> Any: ...

    signal, called = signals.Signal(), []
    dying_instance: Any = Local().other_method
    dying_function: Any = Local().method
    signal.connect(dying_instance)
    signal.connect(dying_function)
    instance = dying_function.__self__
    assert dispatch(signal) == [dying_instance, dying_function]
    references = [
        weakref.ref(dying, lambda dead: called.append(dispatch(signal)))  # runs before the core's own callback
        for dying in (dying_instance.__self__, Local.method)
    ]
    del dying_instance
    collect()
    assert called == [[dying_function]] == [dispatch(signal)]
    del dying_function, Local.method
    called.clear()
    collect()
    assert called == [[]]
    assert [reference() for reference in references] == [None, None]
    del instance


# Deaths that the callback cannot process


@pytest.fixture
def recursion_limit() -> Iterator[None]:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(300)
    yield
    sys.setrecursionlimit(before)


CONNECTS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "receiver": lambda signal, mortal, stays: signal.connect(mortal),
    "method": lambda signal, mortal, stays: signal.connect(mortal.method),
    "sender": lambda signal, mortal, stays: signal.connect(stays, mortal),
}


@pytest.mark.usefixtures("recursion_limit")
@pytest.mark.parametrize("connect", CONNECTS.values(), ids=CONNECTS)
def test_death_at_the_recursion_limit(
    signals: ModuleType, collect: Callable[[], None], unraisable: list[Any], connect: Callable[[Any, Any, Any], Any]
) -> None:
    class Mortal(Thing, Part): ...

    signal, stays, held = signals.Signal(), function(), [Mortal()]
    connect(signal, held[0], stays)
    signal.send("sender")

    def recurse() -> None:
        try:
            recurse()
        except RecursionError:
            held.clear()
            raise

    with pytest.raises(RecursionError):
        recurse()
    collect()
    assert by_send(signal, "sender") == []
    if connect is not CONNECTS["sender"]:  # as on blinker, nothing asks for the dead sender any more
        assert_untouched(signal)


@pytest.mark.usefixtures("recursion_limit")
def test_local_receivers_of_a_recursive_function(
    signals: ModuleType, collect: Callable[[], None], unraisable: list[Any]
) -> None:
    signal = signals.Signal()

    def work() -> None:
        signal.connect(local := function())
        with contextlib.suppress(RecursionError):
            work()
        del local

    work()
    collect()
    assert by_send(signal) == []
    assert not signal.has_receivers_for("sender")
    assert signal.connections() == []

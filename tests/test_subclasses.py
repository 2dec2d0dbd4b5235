"""Subclasses of signals, and signals whose methods are replaced one by one, as programs and their tests do."""

from __future__ import annotations

import functools
import inspect
import weakref
from collections.abc import Callable, Iterator
from types import MethodType, ModuleType
from typing import Any, Generic, TypeVar
from unittest import mock

import pytest
from dispatch import awaitable, blocking, by_receivers_for, by_send, by_send_async, every_way, finish, function

from aldis import ANY

T = TypeVar("T")

# Overridden methods


@pytest.mark.parametrize("sender", [ANY, "sender"])
def test_connected_to_ends_by_an_overridden_disconnect(signals: ModuleType, sender: Any) -> None:
    calls: list[Any] = []

    class Logging(signals.Signal):  # type: ignore[name-defined,misc]
        def disconnect(self, receiver: Any, *senders: Any) -> None:
            calls.append((receiver, *senders))
            super().disconnect(receiver, *senders)

    signal, receiver = Logging(), function()
    with signal.connected_to(receiver, sender):
        assert by_send(signal, "sender") == [receiver]
    assert (calls, by_send(signal, "sender")) == ([(receiver,)], [])
    signal.connect(receiver, "other")
    with signal.connected_to(receiver, sender):
        assert by_send(signal, "sender") == [receiver]
    assert (by_send(signal, "sender"), by_send(signal, "other")) == ([], [receiver])
    with mock.patch.object(signal, "disconnect") as replaced, signal.connected_to(receiver, sender):
        signal._disconnect(signals.make_id(receiver), signals.make_id("other"))
    replaced.assert_called_once_with(receiver)


def test_overridden_methods_call_the_inherited(signals: ModuleType) -> None:
    calls: list[Any] = []

    class Logging(signals.NamedSignal):  # type: ignore[name-defined,misc]
        def __init__(self, name: str, level: int) -> None:
            super().__init__(name, f"At {level}.")
            self.level = level

        def connect(self, receiver: Any, sender: Any = ANY, weak: bool = True) -> Any:
            calls.append("connect")
            return super().connect(receiver, sender, weak)

        def disconnect(self, receiver: Any, sender: Any = ANY) -> None:
            calls.append("disconnect")
            super().disconnect(receiver, sender)

        def send(self, *args: Any, **kwargs: Any) -> Any:
            calls.append("send")
            return super().send(*args, level=self.level, **kwargs)

        async def send_async(self, *args: Any, **kwargs: Any) -> Any:
            calls.append("send_async")
            return await super().send_async(*args, **kwargs)

        def receivers_for(self, sender: Any) -> Iterator[Any]:
            calls.append("receivers_for")
            yield from super().receivers_for(sender)

        def has_receivers_for(self, sender: Any) -> bool:
            calls.append("has_receivers_for")
            return bool(super().has_receivers_for(sender))

    signal, receiver = Logging("ready", 3), lambda sender, **kwargs: kwargs
    assert (signal.name, signal.level, signal.__doc__) == ("ready", 3, "At 3.")
    assert signal.connect(receiver) is receiver
    assert signal.send("sender", a=1) == [(receiver, {"level": 3, "a": 1})]
    assert finish(signal.send_async("sender", _sync_wrapper=awaitable)) == [(receiver, {})]
    assert signal.has_receivers_for("sender")
    signal.disconnect(receiver)
    assert calls == [
        *("connect", "send", "receivers_for", "send_async", "receivers_for", "has_receivers_for", "disconnect")
    ]
    calls.clear()
    signal.connect_via("sender")(receiver)
    with signal.connected_to(receiver):
        pass
    assert calls.count("connect") == 2


@every_way
def test_receivers_for_decides(signals: ModuleType, dispatch: Callable[..., Any]) -> None:
    extra = function()

    class Backwards(signals.Signal):  # type: ignore[name-defined,misc]
        def receivers_for(self, sender: Any) -> list[Any]:
            return [extra, *list(super().receivers_for(sender))[::-1]]

    class Inherits(Backwards):
        pass

    for signal in (Backwards(), Inherits()):
        receivers = [signal.connect(function()), signal.connect(awaitable(function()), "sender")]
        assert dispatch(signal, "sender") == [extra, *receivers[::-1]]
        assert dispatch(signal, "other") == [extra, receivers[0]]
        with signal.muted():
            assert signal.send("sender") == finish(signal.send_async("sender")) == []


@every_way
def test_receivers_for_of_the_class_is_replaced_later(
    signals: ModuleType, monkeypatch: pytest.MonkeyPatch, dispatch: Callable[..., Any]
) -> None:
    class Mine(signals.Signal):  # type: ignore[name-defined,misc]
        pass

    signal, receiver, other = Mine(), function(), function()
    signal.connect(receiver)
    for owner in (Mine, signals.Signal):
        assert dispatch(signal, "sender") == [receiver]
        monkeypatch.setattr(owner, "receivers_for", lambda self, sender: iter([other]))
        assert dispatch(signal, "sender") == [other]
        monkeypatch.undo()
        assert dispatch(signal, "sender") == [receiver]


@pytest.mark.parametrize("errors", [{}, {"_async_wrapper": None}])
def test_receivers_for_yields_coroutine_functions(signals: ModuleType, errors: dict[str, Any]) -> None:
    async def receiver(sender: Any, **kwargs: Any) -> Any:
        return sender, kwargs

    signal = signals.Signal()
    signal.receivers_for = lambda sender: [receiver]
    with pytest.raises(RuntimeError, match="Cannot send to a coroutine function"):
        signal.send("sender", **errors)
    assert signal.send("sender", _async_wrapper=blocking, a=1) == [(receiver, ("sender", {"a": 1}))]
    assert finish(signal.send_async("sender", a=1)) == [(receiver, ("sender", {"a": 1}))]
    signal.receivers_for = lambda sender: [print]
    with pytest.raises(RuntimeError, match="Cannot send to a non-coroutine function"):
        finish(signal.send_async("sender"))


def test_receivers_for_raises(signals: ModuleType) -> None:
    signal, receiver = signals.Signal(), function()
    called: list[Any] = []

    def one_and_error(sender: Any) -> Iterator[Any]:
        yield called.append
        raise LookupError("no more")

    signal.connect(receiver)
    signal.receivers_for = one_and_error
    for send in (by_send, by_send_async):
        with pytest.raises(LookupError, match="no more"):
            send(signal, "sender")
    assert called == ["sender", "sender"]


# Replaced on an instance


def wrapped(original: Callable[..., Any]) -> Callable[..., Any]:
    """Replace ``receivers_for`` as one without wrapt would."""

    @functools.wraps(original)
    def receivers_for(sender: Any) -> list[Any]:
        return [traced(receiver) for receiver in original(sender)]

    return receivers_for


def wrapped_with_wrapt(original: Callable[..., Any]) -> Callable[..., Any]:
    """Replace ``receivers_for`` as ddtrace does."""
    wrapt = pytest.importorskip("wrapt")

    def receivers_for(wrapped: Any, instance: Any, args: Any, kwargs: Any) -> list[Any]:
        return [traced(receiver) for receiver in wrapped(*args, **kwargs)]

    return wrapt.FunctionWrapper(original, receivers_for)  # type: ignore[no-any-return]


def traced(receiver: Any) -> Any:
    if inspect.iscoroutinefunction(receiver):
        return awaitable(lambda sender, **kwargs: ("traced", finish(receiver(sender, **kwargs))))
    return lambda sender, **kwargs: ("traced", receiver(sender, **kwargs))


@pytest.mark.parametrize("wrap", [wrapped, wrapped_with_wrapt])
def test_receivers_for_is_wrapped_on_an_instance(signals: ModuleType, wrap: Callable[..., Any]) -> None:
    signal, other, receiver = signals.NamedSignal("ready"), signals.NamedSignal("other"), function("result")
    asynchronous = awaitable(function("awaited"))
    for connected in (signal, other):
        connected.connect(receiver)
        connected.connect(asynchronous, "sender")
        assert by_send(connected, "sender") == [receiver, asynchronous]
    signal.receivers_for = wrap(signal.receivers_for)
    for _ in range(2):
        sent = signal.send("sender", _async_wrapper=blocking, a=1)
        awaited = finish(signal.send_async("sender", _sync_wrapper=awaitable, a=1))
        for results in (sent, awaited):
            assert [result for _, result in results] == [("traced", "result"), ("traced", "awaited")]
    with signal.muted():
        assert signal.send("sender") == []
    signal.disconnect(receiver)
    assert [result for _, result in signal.send("other")] == []
    assert by_send(other, "sender") == [receiver, asynchronous]
    del signal.receivers_for
    assert by_send(signal, "sender") == by_send_async(signal, "sender") == [asynchronous]


@every_way
def test_receivers_for_is_patched(signals: ModuleType, dispatch: Callable[..., Any]) -> None:
    signal, receiver, other = signals.Signal(), function(), function()
    signal.connect(receiver)
    with mock.patch.object(signal, "receivers_for", return_value=[other]) as patched:
        assert dispatch(signal, "sender") == [other]
        patched.assert_called_once_with("sender")
    assert dispatch(signal, "sender") == [receiver]
    with mock.patch.object(signals.Signal, "receivers_for", autospec=True, return_value=[other]) as patched:
        assert dispatch(signal, "sender") == [other]
        patched.assert_called_once_with(signal, "sender")
    assert dispatch(signal, "sender") == [receiver]


@pytest.mark.parametrize("name", ["send", "send_async", "connect", "disconnect", "has_receivers_for"])
def test_methods_are_assigned_on_an_instance(signals: ModuleType, name: str) -> None:
    signal, other = signals.Signal(), signals.Signal()
    original = getattr(signal, name)
    setattr(signal, name, lambda *args, **kwargs: ("mine", args, kwargs))
    assert getattr(signal, name)(1, a=2) == ("mine", (1,), {"a": 2})
    assert isinstance(getattr(other, name), type(original))
    delattr(signal, name)
    assert getattr(signal, name) == original


def test_send_is_assigned_on_an_instance_as_a_method(signals: ModuleType) -> None:
    signal = signals.NamedSignal("ready")
    signal.connect(receiver := lambda sender, **kwargs: (sender, kwargs))

    def send(self: Any, sender: Any, **kwargs: Any) -> Any:
        return type(self).send(self, [sender], safe=True, **kwargs)

    signal.send = MethodType(send, signal)
    assert signal.send("sender", a=1) == [(receiver, (["sender"], {"a": 1, "safe": True}))]


# Attributes and other things that any object can do


def test_further_attributes(signals: ModuleType) -> None:
    signal = signals.Signal()
    signal.further = "attribute"
    signal.__doc__ = "Mine."
    assert vars(signal) == {"further": "attribute", "__doc__": "Mine."}
    assert not hasattr(signals.Signal(), "further")
    assert signals.Signal.__doc__ != "Mine."
    del signal.further
    assert not hasattr(signal, "further")


def test_signals_are_hashable_and_weakly_referenced(signals: ModuleType, collect: Callable[[], None]) -> None:
    held = [signals.NamedSignal("ready"), signals.NamedSignal("ready"), signals.Signal()]
    died: list[Any] = []
    references = [weakref.ref(signal, died.append) for signal in held]
    assert len(set(held)) == 3
    assert held[0] == held[0] != held[1]
    table = weakref.WeakKeyDictionary({signal: index for index, signal in enumerate(held)})
    assert table[held[1]] == 1
    held[0].connect(held[1].send)
    held[1].connect(held[0].send, held[0], weak=False)
    for signal in held:
        signal.connect(lambda sender, signal=signal: signal, weak=False)  # a cycle
        signal.connect(function(), signal)
        assert signal.has_receivers_for(None) and signal.receiver_connected is not None
    held.clear()
    del signal
    collect()
    assert [reference() for reference in references] == [None] * 3
    assert len(died) == 3
    assert not table


def test_signals_are_connected_to_signals(signals: ModuleType) -> None:
    first, second = signals.Signal(), signals.Signal()
    second.connect(receiver := function("result"))
    first.connect(second.send)
    assert first.send("sender", a=1) == [(second.send, [(receiver, "result")])]
    first.disconnect(second.send)
    assert first.send("sender") == []


def test_signals_know_what_they_are(signals: ModuleType) -> None:
    class Mine(signals.NamedSignal):  # type: ignore[name-defined,misc]
        pass

    assert isinstance(Mine("ready"), signals.Signal)
    assert issubclass(signals.NamedSignal, signals.Signal)
    assert not isinstance(signals.Signal(), signals.NamedSignal)
    assert repr(Mine("ready")).endswith("; 'ready'>")
    assert "Mine object at" in repr(Mine("ready"))
    assert bool(signals.Signal())


@every_way
def test_an_order_that_raises(signals: ModuleType, dispatch: Callable[..., Any]) -> None:
    class Refusing(signals.Signal):  # type: ignore[misc, name-defined]
        class set_class(set):  # type: ignore[type-arg]
            def add(self, item: object) -> None:
                raise LookupError("has no place")

    signal, receiver = Refusing(), function()
    signal.connect(receiver)
    for _ in range(2):
        with pytest.raises(LookupError, match="has no place"):
            dispatch(signal)


@every_way
def test_all_kinds_of_subclasses(signals: ModuleType, dispatch: Callable[..., Any]) -> None:
    class Mixin:
        def __init__(self, *args: Any, mixed: Any = None, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.mixed = mixed

    class Mixed(Mixin, signals.Signal):  # type: ignore[name-defined,misc]
        pass

    class MixedBehind(signals.Signal, Mixin):  # type: ignore[name-defined,misc]
        pass

    class Generics(signals.Signal, Generic[T]):  # type: ignore[name-defined,misc]
        pass

    class Slots(signals.NamedSignal):  # type: ignore[name-defined,misc]
        __slots__ = ("slot",)

        def __init__(self) -> None:
            super().__init__("slots")
            self.slot = 1

    class Without(signals.Signal):  # type: ignore[name-defined,misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            """Does not call the inherited."""

    made = [Mixed(mixed=1), MixedBehind("Mine."), Generics[int](), Slots(), Without(1, a=2), signals.Signal()]
    assert made[0].mixed == 1
    assert made[1].__doc__ == "Mine."
    for signal in made:
        signal.connect(receiver := function(), "sender")
        assert dispatch(signal, "sender") == [receiver]
        assert signal.receiver_connected is signal.receiver_connected
        with signal.muted():
            assert signal.send("sender") == []


def test_methods_are_called_on_the_class(signals: ModuleType) -> None:
    signal, receiver = signals.NamedSignal("ready"), function("result")
    assert signals.Signal.connect(signal, receiver) is receiver
    assert signals.Signal.send(signal, "sender", a=1) == [(receiver, "result")]
    assert signals.Signal.has_receivers_for(signal, "sender")
    assert list(signals.Signal.receivers_for(signal, "sender")) == [receiver]
    assert finish(signals.Signal.send_async(signal, "sender", _sync_wrapper=awaitable)) == [(receiver, "result")]
    for method, *arguments in (
        (signals.Signal.send,),
        (signals.Signal.has_receivers_for, "sender"),
        (signals.Signal._disconnect, 1, 2),
        (signals.Signal._clear_state,),
    ):
        with pytest.raises((TypeError, AttributeError)):
            method(object(), *arguments)


# Doubles


def test_send_is_patched(signals: ModuleType) -> None:
    signal, original = signals.NamedSignal("ready"), signals.Signal.send
    signal.connect(receiver := function())
    for target in (signals.Signal, signal):
        with mock.patch.object(target, "send") as send:
            send.return_value = "patched"
            assert signal.send("sender", a=1) == "patched"
            send.assert_called_once_with("sender", a=1)
        assert "send" not in vars(signal)
        assert by_send(signal, "sender") == [receiver]
    assert signals.Signal.send is original
    with mock.patch.object(signals.Signal, "send", autospec=True, return_value="patched"):
        assert signal.send("sender", a=1) == "patched"
    assert signals.Signal.send is original


@pytest.mark.parametrize("name", ["connect", "disconnect", "send_async", "connected_to", "muted", "has_receivers_for"])
def test_other_methods_are_patched(signals: ModuleType, name: str) -> None:
    signal, original = signals.Signal(), getattr(signals.Signal, name)
    with mock.patch.object(signals.Signal, name) as patched:
        assert isinstance(patched, mock.AsyncMock if name == "send_async" else mock.MagicMock)
        assert getattr(signal, name) is patched
    assert getattr(signals.Signal, name) is original


@pytest.mark.parametrize("of", ["class", "instance"])
@pytest.mark.parametrize("make", [mock.Mock, mock.MagicMock, mock.NonCallableMock])
def test_a_double_of_a_signal(signals: ModuleType, of: str, make: Callable[..., Any]) -> None:
    double = make(spec=signals.Signal if of == "class" else signals.Signal())
    assert isinstance(double, signals.Signal)
    assert isinstance(double.send_async, mock.AsyncMock)
    assert not isinstance(double.send, mock.AsyncMock)
    double.send("sender", a=1)
    double.send.assert_called_once_with("sender", a=1)
    assert finish(double.send_async("sender")) is double.send_async.return_value
    for name in ("connect", "receivers", "is_muted", "receiver_connected", "set_class", "ANY", "_clear_state"):
        assert hasattr(double, name)
    assert not hasattr(double, "emit")


def test_a_double_with_the_signatures_of_a_signal(signals: ModuleType) -> None:
    double = mock.create_autospec(signals.NamedSignal, instance=True)
    double.send("sender", a=1, _async_wrapper=None)
    double.connect(print, sender="sender", weak=False)
    wrongs: list[Callable[[], Any]] = [
        lambda: double.connect(),
        lambda: double.connect(print, weaker=True),
        lambda: double.disconnect(print, "sender", "another"),
        lambda: double.receivers_for(),
    ]
    for wrong in wrongs:
        with pytest.raises(TypeError):
            wrong()


def test_a_double_is_a_receiver_and_a_sender(signals: ModuleType) -> None:
    signal, receiver, sender = signals.Signal(), mock.Mock(), mock.Mock(spec=str)
    signal.connect(receiver, sender)
    assert by_receivers_for(signal, sender) == [receiver]
    signal.send(sender, a=1)
    assert receiver.call_args_list == [mock.call(sender), mock.call(sender, a=1)]
    receiver.side_effect = LookupError("oh")
    with pytest.raises(LookupError, match="oh"):
        signal.send(sender)

"""``emit``, and what holds for all ways to send: overrides, mocks, and the names in blinker's place."""

from __future__ import annotations

import copy
from collections.abc import Callable
from types import ModuleType
from typing import Any
from unittest import mock

import pytest
from support.helpers import awaitable, blocking, send_by


@pytest.mark.parametrize("keywords", [{}, {"self": 1, "sender": 2}, {f"k{n}": n for n in range(20)}])
def test_emit_calls_what_send_calls_and_returns_none(signals: ModuleType, keywords: dict[str, Any]) -> None:
    called: list[Any] = []
    signal = signals.Signal()

    def record(*args: Any, **kwargs: Any) -> str:
        called.append((args, kwargs))
        return "result"

    assert signal.emit("sender", **keywords) is None
    signal.connect(record)
    signal.connect(lambda *args, **kwargs: record(*args, again=1, **kwargs), "sender", weak=False)
    for sender in [("sender",), ("other",), ()]:
        called.clear()
        assert signal.emit(*sender, **keywords) is None
        with signal.muted():
            assert signal.emit(*sender, **keywords) is None
        by_emit = called[:]
        signal.send(*sender, **keywords)
        assert by_emit * 2 == called != []


def test_emit_stops_at_an_exception(signals: ModuleType) -> None:
    called: list[Any] = []
    signal = signals.Signal()
    for receiver in [called.append, mock.Mock(side_effect=KeyError("mine")), mock.Mock(side_effect=called.append)]:
        signal.connect(receiver, weak=False)
    with pytest.raises(KeyError, match="mine"):
        signal.emit("sender")
    assert called == ["sender"]
    with pytest.raises(TypeError, match="positional argument"):
        signal.emit("sender", "another")


def test_emit_wraps_coroutine_functions(signals: ModuleType) -> None:
    called: list[Any] = []
    signal = signals.Signal()
    receiver = signal.connect(awaitable(lambda sender, **kwargs: called.append((sender, kwargs))))
    with pytest.raises(RuntimeError, match="Cannot send to a coroutine function") as caught:
        signal.emit("sender", a=1)
    assert repr(receiver) in str(caught.value)
    assert signal.emit("sender", a=1, _async_wrapper=blocking) is None
    assert called == [("sender", {"a": 1})]


@pytest.mark.parametrize("way", ["emit", "send_all", "send_async", "send_all_async"])
@pytest.mark.parametrize("on", ["instance", "class"])
def test_an_overridden_send_is_for_send_alone(signals: ModuleType, way: str, on: str) -> None:
    class Loud(signals.Signal):  # type: ignore[misc, name-defined]
        def send(self, *args: Any, **kwargs: Any) -> str:
            return "overridden"

    called: list[Any] = []
    signal: Any = (Loud if on == "class" else signals.Signal)()
    if on == "instance":
        signal.send = Loud().send
    signal.connect(called.append, weak=False)
    for number, one in enumerate([signal, copy.copy(signal)]):
        assert one.send() == "overridden"
        send_by(way, one, number)
    assert called == [0, 1]


def test_a_mock_awaits_the_async_methods_alone(signals: ModuleType) -> None:
    for spec in (signals.Signal, signals.Signal()):
        double = mock.Mock(spec=spec)
        awaited = {name for name in dir(spec) if isinstance(getattr(double, name), mock.AsyncMock)}
        assert awaited == {"send_async", "send_all_async"}
        assert {"emit", "send_all", "connections", "captured"} <= set(dir(double))


def test_the_stand_in_for_blinker_has_the_new_names(run: Callable[..., Any]) -> None:
    script = """if True:
        import aldis, aldis.as_blinker, blinker
        with blinker.signal("ready").captured() as calls:
            blinker.signal("ready").emit("sender", a=1)
        names = "Call", "Connection", "ReceiverErrors", "trace"
        print(*calls, *(getattr(blinker, name) is getattr(aldis, name) for name in names))
    """
    assert run("-c", script).stdout == "Call(sender='sender', kwargs={'a': 1}) True True True True\n"

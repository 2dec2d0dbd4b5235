"""Signals and ``unittest.mock``: patched methods, mocks of signals, mocks as receivers and senders."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any
from unittest import mock

import pytest
from support.helpers import by_send, finish, function

pytestmark = pytest.mark.thread_unsafe(reason="mocks make magic methods at first use")


@pytest.mark.parametrize("on", ["class", "instance"])
@pytest.mark.parametrize("autospec", [True, False])
def test_send_can_be_patched(signals: ModuleType, on: str, autospec: bool) -> None:
    signal, original = signals.NamedSignal("ready"), signals.Signal.send
    signal.connect(receiver := function())
    target = signals.Signal if on == "class" else signal
    with mock.patch.object(target, "send", autospec=autospec, return_value="patched") as send:
        assert signal.send("sender", a=1) == "patched"
        send.assert_called_once()
        if not autospec:
            send.assert_called_once_with("sender", a=1)
    assert "send" not in vars(signal)
    assert by_send(signal, "sender") == [receiver]
    assert signals.Signal.send is original


@pytest.mark.parametrize("of", ["class", "instance"])
@pytest.mark.parametrize("make", [mock.Mock, mock.MagicMock, mock.NonCallableMock])
def test_a_mock_with_a_signal_as_spec(signals: ModuleType, of: str, make: Callable[..., Any]) -> None:
    double = make(spec=signals.Signal if of == "class" else signals.Signal())
    assert isinstance(double, signals.Signal)
    assert isinstance(double.send_async, mock.AsyncMock)
    assert not isinstance(double.send, mock.AsyncMock)
    double.send("sender", a=1)
    double.send.assert_called_once_with("sender", a=1)
    assert finish(double.send_async("sender")) is double.send_async.return_value
    for name in ("connect", "receivers", "is_muted", "receiver_connected", "set_class", "ANY", "_clear_state"):
        assert hasattr(double, name)
    assert not hasattr(double, "no_such_method")


@pytest.mark.parametrize("how", ["instance of the class", "instance=True"])
@pytest.mark.parametrize("name", ["Signal", "NamedSignal"])
def test_an_autospec_of_a_signal_takes_calls(signals: ModuleType, name: str, how: str) -> None:
    cls = getattr(signals, name)
    if how == "instance=True":
        double = mock.create_autospec(cls, instance=True)
    else:
        double = mock.create_autospec(cls)(*(["ready"] if name == "NamedSignal" else []))
    double.send()
    double.send("sender", a=1, _async_wrapper=None)
    assert double.send.call_args == mock.call("sender", a=1, _async_wrapper=None)
    double.connect(print, sender="sender", weak=False)
    double.has_receivers_for("sender")
    double.disconnect(print)
    assert double.connect.call_count == double.disconnect.call_count == 1

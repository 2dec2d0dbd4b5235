"""Signals and ``unittest.mock``: patched methods, mocks of signals, mocks as receivers and senders."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any
from unittest import mock

import pytest
from support.helpers import Dispatch, by_receivers_for, by_send, every_way, finish, function


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


@every_way
def test_receivers_for_can_be_patched(signals: ModuleType, dispatch: Dispatch) -> None:
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


@pytest.mark.parametrize("name", ["connect", "disconnect", "send_async", "connected_to", "muted", "has_receivers_for"])
def test_other_methods_can_be_patched(signals: ModuleType, name: str) -> None:
    signal, original = signals.Signal(), getattr(signals.Signal, name)
    with mock.patch.object(signals.Signal, name) as patched:
        assert isinstance(patched, mock.AsyncMock if name == "send_async" else mock.MagicMock)
        assert getattr(signal, name) is patched
    assert getattr(signals.Signal, name) is original


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
def test_an_autospec_of_a_signal_takes_calls(signals: ModuleType, core: str, name: str, how: str) -> None:
    cls = getattr(signals, name)
    if how == "instance=True":
        double = mock.create_autospec(cls, instance=True)
    else:
        double = mock.create_autospec(cls)(*(["ready"] if name == "NamedSignal" else []))
    double.send()
    double.send("sender", a=1, _async_wrapper=None)
    double.send.assert_called_with("sender", a=1, _async_wrapper=None)
    double.connect(print, sender="sender", weak=False)
    double.has_receivers_for("sender")
    if core == "compiled":
        return  # mock checks the arguments of Python functions only
    wrongs: list[Callable[[], Any]] = [
        lambda: double.send("sender", "another"),
        lambda: double.connect(),
        lambda: double.connect(print, weaker=True),
        lambda: double.disconnect(print, "sender", "another"),
        lambda: double.receivers_for(),
        lambda: double.has_receivers_for(),
    ]
    for wrong in wrongs:
        with pytest.raises(TypeError):
            wrong()


def test_mocks_can_be_receivers_and_senders(signals: ModuleType) -> None:
    signal, receiver, sender = signals.Signal(), mock.Mock(), mock.Mock(spec=str)
    signal.connect(receiver, sender)
    assert by_receivers_for(signal, sender) == [receiver]
    signal.send(sender, a=1)
    assert receiver.call_args_list == [mock.call(sender), mock.call(sender, a=1)]
    receiver.side_effect = LookupError("oh")
    with pytest.raises(LookupError, match="oh"):
        signal.send(sender)

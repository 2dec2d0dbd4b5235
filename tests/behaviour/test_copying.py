"""``copy``, ``deepcopy`` and ``pickle`` of signals, namespaces and ``ANY``."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

import pytest
from support.helpers import Collect, Thing, assert_untouched, by_send, function, tables

from aldis import ANY
from aldis._identity import Symbol

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


def pickled(protocol: int, obj: Any) -> Any:
    return pickle.loads(pickle.dumps(obj, protocol))


COPIES: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    **{f"pickle protocol {protocol}": partial(pickled, protocol) for protocol in PROTOCOLS},
}
every_copy = pytest.mark.parametrize("make_copy", COPIES.values(), ids=COPIES)


@every_copy
def test_any_keeps_its_identity(make_copy: Callable[[Any], Any]) -> None:
    assert make_copy(ANY) is ANY
    assert make_copy([ANY])[0] is ANY
    assert make_copy(Symbol("other")) is Symbol("other")


@every_copy
def test_a_copy_has_the_attributes_of_the_signal(signals: ModuleType, make_copy: Callable[[Any], Any]) -> None:
    for signal in (signals.Signal("Mine."), signals.NamedSignal(("any", "name"), "Mine.")):
        signal.further = ["attribute"]
        with signal.muted():
            made = make_copy(signal)
        assert type(made) is type(signal)
        assert made is not signal
        assert made.__doc__ == "Mine."
        assert made.further == ["attribute"]
        assert (made.further is signal.further) == (make_copy is copy.copy)
        assert made.is_muted is True
        assert getattr(made, "name", None) == getattr(signal, "name", None)
        assert signal.is_muted is False
        assert_untouched(made)


@pytest.mark.parametrize("make_copy", [copy.copy, copy.deepcopy])
def test_connections_are_copied(signals: ModuleType, make_copy: Callable[[Any], Any], collect: Collect) -> None:
    signal, thing, receivers = signals.Signal(), Thing(), [function(), function(), Thing().method]
    for sender in (thing, None, ANY, 0, "sender"):
        for receiver in receivers:
            signal.connect(receiver, sender, weak=receiver is not receivers[2])
    before = tables(signal)
    made = make_copy(signal)
    assert tables(signal) == before
    for table in ("_by_sender", "_by_receiver"):
        assert getattr(made, table) == getattr(signal, table)
    assert list(made.receivers) == list(signal.receivers)
    for sender in (thing, None, 0, "sender", "other"):
        assert by_send(made, sender) == by_send(signal, sender)
    made.disconnect(receivers[0])
    assert by_send(signal, thing) == receivers
    signal._clear_state()
    assert by_send(made, thing) == receivers[1:]
    del receivers[1], receiver
    collect()
    assert by_send(made, thing) == receivers[1:], "the weak one died, the strong one lives"


def test_a_connected_signal_cannot_be_pickled(signals: ModuleType) -> None:
    signal, receiver = signals.NamedSignal("ready"), function()
    signal.connect(receiver)
    for protocol in PROTOCOLS:
        with pytest.raises(TypeError, match=r"Cannot pickle <.*; 'ready'> while receivers are connected to it"):
            pickle.dumps(signal, protocol)
    assert by_send(signal) == [receiver]


@every_copy
def test_namespaces_are_copied(signals: ModuleType, make_copy: Callable[[Any], Any]) -> None:
    namespace = signals.Namespace()
    ready = namespace.signal("ready", "Ready.")
    made = make_copy(namespace)
    assert type(made) is signals.Namespace
    assert list(made) == ["ready"]
    assert made["ready"].name == "ready"
    assert made["ready"].__doc__ == "Ready."
    assert (made["ready"] is ready) == (make_copy is copy.copy)
    assert made.signal("ready") is made["ready"]
    made.signal("new")
    assert "new" not in namespace

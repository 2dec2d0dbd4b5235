"""Copies of signals and namespaces: ``copy``, ``deepcopy`` and ``pickle``."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from copies import COPIES, PROTOCOLS, every_copy
from dispatch import Thing, assert_untouched, by_send, function, tables

import aldis
from aldis import ANY

copy_and_deepcopy = pytest.mark.parametrize("make_copy", [copy.copy, copy.deepcopy])


@every_copy
def test_signals_are_copied_with_their_attributes(signals: ModuleType, make_copy: Callable[[Any], Any]) -> None:
    for signal in (signals.Signal("Mine."), signals.NamedSignal(("any", "name"), "Mine.")):
        signal.further = ["attribute"]
        signal.is_muted = True
        made = make_copy(signal)
        assert type(made) is type(signal)
        assert made is not signal
        assert made.__doc__ == "Mine."
        assert made.further == ["attribute"]
        assert (made.further is signal.further) == (make_copy is copy.copy)
        assert made.is_muted is True
        assert getattr(made, "name", None) == getattr(signal, "name", None)
        made.is_muted = False
        assert signal.is_muted is True
        assert_untouched(made)


@every_copy
def test_a_copy_is_a_signal_of_its_own(signals: ModuleType, make_copy: Callable[[Any], Any]) -> None:
    signal = signals.Signal()
    made = make_copy(signal)
    made.connect(receiver := function())
    assert by_send(made) == [receiver]
    assert_untouched(signal)
    signal.connect(other := function())
    assert by_send(made) == [receiver]
    assert by_send(signal) == [other]


@every_copy
def test_copying_again_after_the_connections_have_ended(
    signals: ModuleType, make_copy: Callable[[Any], Any], collect: Callable[[], None]
) -> None:
    signal, receiver = signals.Signal(), function()
    for sender in (ANY, None, 0, "sender", Thing()):
        signal.connect(receiver, sender)
        by_send(signal, sender)
    signal.disconnect(receiver)
    signal.connect(function())
    collect()
    assert_untouched(make_copy(signal))


@every_copy
def test_muted_for_a_while(signals: ModuleType, make_copy: Callable[[Any], Any]) -> None:
    signal = signals.Signal()
    with signal.muted():
        made = make_copy(signal)
    assert made.is_muted is True
    assert signal.is_muted is False


@copy_and_deepcopy
def test_connections_are_copied(
    signals: ModuleType, make_copy: Callable[[Any], Any], collect: Callable[[], None]
) -> None:
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


@pytest.mark.parametrize("sender", [ANY, None, 0, "sender", [], Thing()])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_connected_signals_are_not_pickled(signals: ModuleType, sender: Any, protocol: int) -> None:
    signal, receiver = signals.NamedSignal("ready"), function()
    signal.connect(receiver, sender)
    with pytest.raises(TypeError, match=r"Cannot pickle <.*; 'ready'> while receivers are connected to it"):
        pickle.dumps(signal, protocol)
    assert by_send(signal, sender) == [receiver]
    signal.disconnect(receiver)
    assert pickle.loads(pickle.dumps(signal, protocol)).name == "ready"


@every_copy
def test_receivers_are_copied_as_an_ordinary_dictionary(signals: ModuleType, make_copy: Callable[[Any], Any]) -> None:
    signal = signals.Signal()
    signal.connect(Thing.static_method, weak=False)
    receivers = make_copy(signal.receivers)
    assert type(receivers) is dict
    assert receivers == signal.receivers
    signal._clear_state()
    assert receivers


@every_copy
def test_namespaces_are_copied(signals: ModuleType, make_copy: Callable[[Any], Any]) -> None:
    namespace = signals.Namespace()
    ready, done = namespace.signal("ready", "Ready."), namespace.signal("done")
    made = make_copy(namespace)
    assert type(made) is signals.Namespace
    assert list(made) == ["ready", "done"]
    assert made["ready"].name == "ready"
    assert made["ready"].__doc__ == "Ready."
    assert (made["ready"] is ready) == (made["done"] is done) == (make_copy is copy.copy)
    assert made.signal("ready") is made["ready"]
    made.signal("new")
    assert "new" not in namespace


def test_a_signal_shared_by_two_is_copied_once(signals: ModuleType) -> None:
    signal = signals.NamedSignal("ready")
    signal.itself = signal
    for make_copy in (copy.deepcopy, COPIES[f"pickle protocol {pickle.HIGHEST_PROTOCOL}"]):
        one, other = make_copy([signal, signal])
        assert one is other is one.itself
        assert one is not signal


def test_observers_are_copied(signals: ModuleType) -> None:
    signal, seen = signals.Signal(), []
    signal.receiver_connected.connect(lambda observed, **kwargs: seen.append(observed), weak=False)
    made = copy.deepcopy(signal)
    assert made.receiver_connected is not signal.receiver_connected
    made.connect(receiver := function())
    assert seen == [made]
    assert_untouched(signal)
    made.disconnect(receiver)


def test_either_core_reads_what_the_other_has_pickled(run: Callable[..., Any]) -> None:
    namespace = aldis.Namespace()
    vars(namespace.signal("ready", "Ready."))["further"] = 1
    both = pickle.dumps([namespace, aldis.Signal()])
    script = f"""if True:
        import pickle
        namespace, signal = pickle.loads({both!r})
        ready = namespace["ready"]
        signal.connect(print)
        ready.connect(print)
        print(type(namespace).__name__, ready.name, ready.__doc__, ready.further)
        ready.send("sender")
        signal.send("sender")
    """
    done = run("-c", script)
    assert (done.stdout, done.stderr) == ("Namespace ready Ready. 1\nsender\nsender\n", "")

"""``connections``: what is connected, in order."""

from __future__ import annotations

from types import ModuleType

from support.helpers import Collect, Thing, function

from aldis import ANY, Connection


def test_connections_are_listed_in_order(signals: ModuleType) -> None:
    signal, thing, first, second = signals.Signal(), Thing(), function(), function()
    made = [(second, ANY, True), (first, thing, False), (second, "sender", True), (thing.method, None, True)]
    for receiver, sender, weak in made:
        signal.connect(receiver, sender, weak)
    listed = signal.connections()
    assert listed == [Connection(receiver, sender, weak, None) for receiver, sender, weak in made]
    assert (listed[1].receiver, listed[1].sender, listed[1].weak, listed[1].where) == (first, thing, False, None)
    signal.connect(second, ANY, weak=False)
    assert signal.connections()[0] == (second, ANY, False, None), "a pair that is connected again keeps its place"
    signal.disconnect(first)
    signal.connect(first, thing)
    assert [connection.receiver for connection in signal.connections()] == [second, second, thing.method, first]
    assert signal.connections()[-1].weak


def test_connections_leave_out_what_has_ended(signals: ModuleType, collect: Collect) -> None:
    signal, thing, kept, dying, disconnected = signals.Signal(), Thing(), function(), function(), function()
    for receiver in (kept, dying, disconnected):
        signal.connect(receiver)
    signal.connect(kept, thing)
    signal.disconnect(disconnected)
    with signal.connected_to(disconnected, "sender"), signal.muted():
        assert signal.connections()[-1] == (disconnected, "sender", False, None)
    del dying, thing, receiver
    collect()
    signal.receivers = {}
    assert signal.connections() == [(kept, ANY, True, None)], "silenced, but connected"

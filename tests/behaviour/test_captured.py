"""``captured``: a list of what is sent during a block."""

from __future__ import annotations

import copy
import pickle
from types import ModuleType

import pytest
from support.helpers import Thing, assert_untouched, every_method, send_by

from aldis import Call


@every_method
def test_captured_has_sender_and_keywords_of_each_send(signals: ModuleType, way: str) -> None:
    signal = signals.Signal()
    send_by(way, signal, "before", wrap=False)
    with signal.captured() as calls:
        send_by(way, signal, wrap=False)
        send_by(way, signal, "sender", a=1, sender=2, self=3, calls=4, wrap=False)
        assert len(calls) == 2, "the list grows as the signal is sent"
        with signal.muted():
            send_by(way, signal, "muted", wrap=False)
    send_by(way, signal, "after", wrap=False)
    assert calls == [(None, {}), ("sender", {"a": 1, "sender": 2, "self": 3, "calls": 4})]
    assert (calls[1].sender, calls[1].kwargs["a"]) == ("sender", 1)
    assert_untouched(signal, "sender")


@every_method
def test_captured_can_keep_to_a_sender(signals: ModuleType, way: str) -> None:
    signal, thing = signals.Signal(), Thing()
    with signal.captured() as all_calls, signal.captured(thing) as calls, signal.captured(sender="sender") as others:
        for sender in (thing, Thing(), None, "sender"):
            send_by(way, signal, sender, wrap=False)
    assert [call.sender for call in calls] == [thing]
    assert [call.sender for call in others] == ["sender"]
    assert len(all_calls) == 4


@pytest.mark.parametrize("way", ["send_async", "send_all_async"])
def test_captured_needs_no_wrapper_but_other_functions_do(signals: ModuleType, way: str) -> None:
    signal = signals.Signal()
    signal.connect(print)
    with signal.captured() as calls, pytest.raises(RuntimeError, match="built-in function print"):
        send_by(way, signal, "sender", wrap=False)
    assert calls == []
    with signal.captured() as calls:
        send_by(way, signal, "sender", wrap=True)
    assert calls == [("sender", {})]


def test_captured_comes_after_the_receivers_connected_before(signals: ModuleType) -> None:
    lengths: list[int] = []
    signal = signals.Signal()
    signal.connect(lambda sender: lengths.append(len(calls)), weak=False)  # type: ignore[has-type]
    with signal.captured() as calls:
        signal.send()
        signal.send()
    assert (lengths, len(calls)) == ([0, 1], 2)
    for made in (copy.deepcopy(calls), pickle.loads(pickle.dumps(calls))):
        assert (made, type(made[0])) == (calls, Call)

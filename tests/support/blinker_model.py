"""The model of blinker 1.9.0 in the differential test: only what it does otherwise than aldis.

The docstring of each method says what that is. Whatever is not overridden, aldis and blinker have in common.
"""

from __future__ import annotations

from collections import Counter

from support.kinds import UNWEAKABLE, key_of, kind_of
from support.model import Model, name_only
from support.subjects import Act, Sent, Subject


class Blinker(Model):
    def __init__(self, observed: bool) -> None:
        super().__init__(observed)
        self.alive: set[str] = set()
        self.alive_senders: set[str] = set()
        self.buckets = {"ANY"}  # keys of senders that have left traces
        self.watched: set[str] = set()  # keys of senders whose deaths blinker will notice
        self.muted = False
        self.builtins = 0

    def key(self, sender: str) -> str:
        """0 and False are confused with ANY, and a number with the object whose id it is."""
        key = super().key(sender)
        return {"0": "ANY", "id of landmark": "landmark"}.get(key, key)

    def coroutine(self, receiver: str) -> bool:
        """An instance with ``async def __call__`` counts as a plain function."""
        return super().coroutine(receiver) and not receiver.startswith("coroutine instance")

    def uses_log(self, receiver: str) -> bool:
        return super().uses_log(receiver) and not receiver.startswith("coroutine instance")

    def transient(self, receiver: str) -> bool:
        """A bound builtin is another receiver at each look-up."""
        return kind_of(receiver).builtin

    def begin(self, name: str) -> None:
        super().begin(name)
        if name.startswith("sender "):
            self.alive_senders.add(name[7:])
        elif not self.transient(name):
            self.alive.add(name)

    def holds_unweakable(self, receiver: str) -> bool:
        """Only ``receivers`` holds a receiver, so removing it there ends its life."""
        return False

    def holds_sender(self, sender: str) -> bool:
        """A sender without weak references dies, and its connections pass to the next object with its id. That is
        left to chance, so the subject keeps such senders for ever."""
        return super().holds_sender(sender) or sender.startswith(UNWEAKABLE)

    def settle(self) -> None:
        """A death is noticed only while ``receivers`` or a copy has the weak reference; otherwise traces stay."""
        for sender in [name for name in self.alive_senders if not self.holds_sender(name)]:
            self.alive_senders.discard(sender)
            for pair in [pair for pair in self.pairs if pair[1] == sender]:
                del self.pairs[pair]
            if sender in self.watched:
                self.buckets.discard(sender)
        for receiver in [name for name in self.alive if not self.holds(name)]:
            self.alive.discard(receiver)
            if (receiver, False) in (self.public.get(receiver), self.saved.get(receiver)):
                self.forget(receiver)

    def forget(self, receiver: str) -> None:
        for pair in [pair for pair in self.pairs if pair[0] == receiver]:
            del self.pairs[pair]
        self.public.pop(receiver, None)

    def unlink(self, pair: tuple[str, str]) -> None:
        """``receivers`` keeps the receiver after its last pair has ended."""
        del self.pairs[pair]

    def connect(self, receiver: str, sender: str, weak: bool) -> str | None:
        """Connecting to 0 or False raises ``AssertionError`` and leaves half a connection to ANY."""
        if weak and not kind_of(receiver).weakable:
            return "TypeError"
        self.link(receiver, self.key(sender), not weak)
        if sender != "ANY":
            if key_of(sender) == "0":
                return "AssertionError"
            if f"sender {sender}" in self.program and not sender.startswith(UNWEAKABLE):
                self.watched.add(sender)
        self.event("connected", receiver, str(weak))
        return None

    def link(self, receiver: str, key: str, strong: bool) -> None:
        """Strength belongs to the receiver; the last connection decides."""
        self.buckets.add(key)
        if self.transient(receiver):
            if not strong:
                return  # dead already
            self.builtins += 1
            receiver = f"{receiver}#{self.builtins}"
        self.pairs[receiver, key] = strong
        self.public[receiver] = (receiver, strong)

    def connect_refused(self, receiver: str, sender: str, weak: bool, error: str) -> str | None:
        """A ``TypeError`` of an observer ends older connections too; a ``ValueError`` leaves the new one."""
        events = self.events.copy()
        raised = self.connect(receiver, sender, weak)
        if raised is None and error == "TypeError":
            same = f"{receiver}#{self.builtins}" if self.transient(receiver) and not weak else receiver
            self.disconnect(same, sender)
        self.events = events
        return raised or error

    def connect_wrongly(self, how: str) -> str | None:
        """An object that is not callable can be connected strongly."""
        return None if how == "not callable, strongly" else "TypeError"

    def disconnect(self, receiver: str, sender: str) -> None:
        """Disconnecting from a sender leaves traces, even if it was never connected."""
        key = self.key(sender)
        if key == "ANY":
            self.forget(receiver)
        else:
            self.pairs.pop((receiver, key), None)
            self.buckets.add(key)
        self.event("disconnected", receiver, "")

    def enter_muted(self) -> None:
        super().enter_muted()
        self.mute(True)

    def leave(self) -> None:
        """Leaving an inner ``muted()`` block unmutes the outer one."""
        what = self.blocks[-1][0]
        super().leave()
        if what == "muted":
            self.mute(False)

    def mute(self, muted: bool) -> None:
        self.mutes = {True} if muted else set()

    def enter_connected_to(self, receiver: str, sender: str) -> str | None:
        raised = super().enter_connected_to(receiver, sender)
        if raised is not None:
            self.blocks[-1] = ("nothing",)
        return raised

    def leave_connected_to(self, receiver: str, sender: str, pair: tuple[str, str], before: bool | None) -> None:
        """Leaving ``connected_to()`` ends all connections of the receiver."""
        self.disconnect(receiver, "ANY")

    def clear_state(self) -> None:
        super().clear_state()
        self.buckets = {"ANY"}
        self.watched = set()

    def has(self, sender: str) -> bool:
        """``has_receivers_for`` is true where traces are left."""
        return bool(self.public) and (
            any(key == "ANY" for _, key in self.pairs) or (sender != "ANY" and self.key(sender) in self.buckets)
        )

    def check_send(
        self, sent: Sent, sender: str, method: str, wrapped: bool, keywords: dict[str, int], act: Act | None
    ) -> None:
        """The order is undefined, so with an error, and for the receiver of an act, any call may have happened or
        not. A running dispatch does not notice that a receiver is disconnected from one sender."""
        concerned = self.concerned(act)
        targets = [] if self.mutes else list(self.dispatch(sender))
        errors, possible = (
            {error for target in chosen if (error := self.error(target, method, wrapped, keywords))}
            for chosen in ([target for target in targets if name_only(target) not in concerned], concerned)
        )
        expected = Counter(map(name_only, targets))
        called = Counter(sent.called)
        for name in concerned:
            del expected[name], called[name]
        if sent.error is not None:
            assert sent.error in errors | possible
            assert called <= expected
        else:
            assert not errors
            assert called == expected
            assert sent.acted == (act is not None and any(map(self.uses_log, sent.called)))
        if sent.acted and act is not None:
            self.do(act)

    def check_iterate(self, found: list[str], sender: str, steps: int, act: Act) -> None:
        expected = Counter(map(name_only, self.dispatch(sender)))
        called = Counter(found)
        for name in self.concerned(act):
            del expected[name], called[name]
        assert called == expected
        self.do(act)

    def concerned(self, act: Act | None) -> set[str]:
        return {act[1][0], name_only(self.public.get(act[1][0], (act[1][0],))[0])} if act and act[1] else set()

    def check(self, subject: Subject, senders: list[str]) -> None:
        """The order is undefined."""
        assert subject.is_muted() == bool(self.mutes)
        assert subject.events == self.events
        for sender in senders:
            assert subject.has(sender) == self.has(sender)
            assert Counter(subject.receivers_for(sender)) == Counter(map(name_only, self.dispatch(sender)))
        shown = Counter(name_only(target) for target, _ in self.public.values() if self.holds(target))
        assert Counter(filter(None, subject.public())) == shown

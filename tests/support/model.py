"""The model of the differential test: what aldis promises. Both cores must equal it, order included."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from support.kinds import MORTALS, RAISED, UNWEAKABLE, key_of, kind_of
from support.subjects import Act, Sent, Subject


class Model:
    def __init__(self, observed: bool) -> None:
        self.observed = observed
        self.program: set[str] = set()  # the names of all receivers, and "sender …", that the program holds
        self.pairs: dict[tuple[str, str], bool] = {}  # (receiver, key of the sender): strong? In order of connection.
        self.public: dict[str, tuple[str, bool]] = {}  # Signal.receivers: what is called for the receiver, and strong?
        self.blocks: list[tuple[Any, ...]] = []
        self.muted = self.muted_before = False
        self.mutes = 0  # blocks of muted()
        self.events: list[tuple[str, str, str]] = []

    # Life and death

    def begin(self, name: str) -> None:
        self.program.add(name)

    def drop(self, name: str) -> None:
        self.program.discard(name)

    def holds(self, receiver: str) -> bool:
        return (
            (receiver in self.program and not kind_of(receiver).transient)
            or (receiver, True) in self.public.values()
            or any(block[:2] == ("connected_to", receiver) for block in self.blocks)
            or (not kind_of(receiver).weakable and any(receiver == r for r, _ in self.pairs))
        )

    def holds_sender(self, sender: str) -> bool:
        return (
            f"sender {sender}" in self.program
            or any(block[:1] + block[2:3] == ("connected_to", sender) for block in self.blocks)
            or (sender.startswith(UNWEAKABLE) and any(sender == key for _, key in self.pairs))
        )

    def settle(self) -> None:
        """Forget each sender and receiver that nobody holds."""
        for pair in [pair for pair in self.pairs if pair[1].startswith(MORTALS) and not self.holds_sender(pair[1])]:
            self.unlink(pair)
        gone = {r for r, _ in self.pairs if not self.holds(r)}
        for pair in [pair for pair in self.pairs if pair[0] in gone]:
            self.unlink(pair)

    # Operations

    def is_strong(self, receiver: str) -> bool:
        return any(strong for (r, _), strong in self.pairs.items() if r == receiver)

    def link(self, receiver: str, key: str, strong: bool) -> None:
        self.pairs[receiver, key] = strong
        self.public[receiver] = (receiver, self.is_strong(receiver))

    def unlink(self, pair: tuple[str, str]) -> None:
        receiver = pair[0]
        strong = self.pairs.pop(pair)
        if all(r != receiver for r, _ in self.pairs):
            self.public.pop(receiver, None)
        elif strong and not self.is_strong(receiver):
            self.publish_again(receiver)

    def publish_again(self, receiver: str) -> None:
        """Publish the receiver with its present strength, unless the program removed or replaced it."""
        if self.public.get(receiver, ("",))[0] == receiver:
            self.public[receiver] = (receiver, self.is_strong(receiver))

    def restore_pair(self, pair: tuple[str, str], before: bool | None) -> None:
        if pair not in self.pairs:
            return
        if before is None:
            self.unlink(pair)
        else:
            self.pairs[pair] = before
            self.publish_again(pair[0])

    def event(self, what: str, receiver: str, weak: str) -> None:
        if self.observed:
            self.events.append((what, receiver, weak))

    def connect(self, receiver: str, sender: str, weak: bool) -> str | None:
        if weak and not kind_of(receiver).weakable:
            return "TypeError"
        self.link(receiver, key_of(sender), not weak)
        self.event("connected", receiver, str(weak))
        return None

    def connect_refused(self, receiver: str, sender: str, weak: bool, error: str) -> str | None:
        if weak and not kind_of(receiver).weakable:
            return "TypeError"
        pair = (receiver, key_of(sender))
        before = self.pairs.get(pair)
        self.link(*pair, not weak)
        self.settle()  # what the new strength does not keep alive dies before the observer runs
        self.restore_pair(pair, before)
        return error

    def disconnect(self, receiver: str, sender: str) -> None:
        key = key_of(sender)
        for pair in [pair for pair in self.pairs if pair[0] == receiver and key in ("ANY", pair[1])]:
            self.unlink(pair)
        if key == "ANY":
            self.public.pop(receiver, None)
        self.event("disconnected", receiver, "")

    def collect(self) -> None:
        """Change nothing: every death has already been noticed."""

    def enter_muted(self) -> None:
        if not self.mutes:
            self.muted_before = self.muted
        self.mutes += 1
        self.muted = True
        self.blocks.append(("muted",))

    def enter_connected_to(self, receiver: str, sender: str) -> str | None:
        pair = (receiver, key_of(sender))
        self.blocks.append(("connected_to", receiver, sender, pair, self.pairs.get(pair)))
        return self.connect(receiver, sender, weak=False)

    def leave(self) -> None:
        what, *details = self.blocks.pop()
        if what == "muted":
            self.mutes -= 1
            if not self.mutes and self.muted:
                self.muted = self.muted_before
        elif what == "connected_to":
            self.leave_connected_to(*details)

    def leave_connected_to(self, receiver: str, sender: str, pair: tuple[str, str], before: bool | None) -> None:
        self.restore_pair(pair, before)
        if before is None:
            self.event("disconnected", receiver, "")

    def mute(self, muted: bool) -> None:
        self.muted = muted

    die = drop

    def clear(self) -> None:
        self.public = {}

    assign_empty = clear

    def take_out(self, receiver: str) -> None:
        for r in self.in_place_of(receiver):
            del self.public[r]

    def put(self, receiver: str, other: str) -> None:
        for r in self.in_place_of(receiver):
            self.public[r] = (other, True)

    def in_place_of(self, receiver: str) -> list[str]:
        return [r for r, (target, _) in self.public.items() if target == receiver]

    def clear_state(self) -> None:
        self.pairs = {}
        self.public = {}

    # Dispatch

    def reached(self, sender: str) -> list[tuple[str, str]]:
        """Return the receivers and what is called for each, in order of connection."""
        keys = ("ANY", key_of(sender))
        return list({r: (r, self.public[r][0]) for r, key in self.pairs if key in keys and r in self.public}.values())

    def dispatch(self, sender: str) -> Iterator[str]:
        for receiver, target in self.reached(sender):
            connected = (receiver, "ANY") in self.pairs or (receiver, key_of(sender)) in self.pairs
            if connected and self.holds(target):
                yield target

    def do(self, act: Act) -> None:
        getattr(self, act[0])(*act[1])
        self.settle()

    def error(self, target: str, method: str, wrapped: bool, keywords: dict[str, int]) -> str | None:
        """Return the error that calling a receiver raises."""
        if kind_of(target).coroutine != (method == "send_async") and not wrapped:
            return "RuntimeError"
        if kind_of(target).builtin and keywords:
            return "TypeError"
        raised = RAISED.get(target.partition("/")[0])
        return raised.__name__ if raised else None

    def send(self, sender: str, method: str, wrapped: bool, keywords: dict[str, int], act: Act | None) -> Sent:
        called: list[str] = []
        acted = False
        for target in () if self.muted else self.dispatch(sender):
            error = self.error(target, method, wrapped, keywords)
            if error is None or error in (raised.__name__ for raised in RAISED.values()):
                called.append(target)
                if act is not None and not acted and not kind_of(target).builtin:
                    acted = True
                    self.do(act)
            if error is not None:
                return Sent(error, [name for name in called if not kind_of(name).builtin], acted)
        return Sent(None, called, acted)

    def iterate(self, sender: str, steps: int, act: Act) -> list[str]:
        receivers = self.dispatch(sender)
        found = [target for _, target in zip(range(steps), receivers)]
        self.do(act)
        return found + list(receivers)

    # Observations

    def has(self, sender: str) -> bool:
        return any(self.holds(target) for _, target in self.reached(sender))

    def check(self, subject: Subject, senders: list[str]) -> None:
        assert subject.is_muted() == self.muted
        assert subject.events == self.events
        assert subject.public() == [target if self.holds(target) else None for target, _ in self.public.values()]
        for sender in senders:
            assert subject.has(sender) == self.has(sender)
            assert subject.receivers_for(sender) == list(self.dispatch(sender))
        signal = subject.signal
        alive = [pair for pair in self.pairs if self.holds(pair[0])]
        assert sum(map(len, signal._by_receiver.values())) == sum(map(len, signal._by_sender.values())) == len(alive)
        assert len(signal._by_receiver) == len({r for r, _ in alive})
        assert len(signal._by_sender) == len({key for _, key in alive})

"""Both cores and blinker 1.9.0 side by side, driven by chance, and each held against its model.

A normal run is the same every time. The one that is marked as long tries fifty times as many steps, and new ones.
``ALDIS_DIFFERENTIAL_STEPS`` asks for another number, ``ALDIS_DIFFERENTIAL_SEED`` for the run of a seed that failed.
"""

from __future__ import annotations

import gc
import os
import random
from collections.abc import Callable
from itertools import count
from typing import Any

import hypothesis
import hypothesis.strategies as st
import pytest
from conftest import CORES
from differential import (
    BADLY,
    ERRORS,
    GENERATIONS,
    KINDS,
    MORTALS,
    PYPY,
    SENDERS,
    Act,
    Blinker,
    Model,
    Party,
    Sent,
    kind_of,
    real_blinker,
)
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from aldis._core import signals_on

# On PyPy each death takes a collection of all that is there.
STEPS = int(os.environ.get("ALDIS_DIFFERENTIAL_STEPS", "500" if PYPY else "20000"))

blinker = real_blinker()

some_receiver = st.runner().flatmap(lambda machine: st.sampled_from(machine.receivers))
some_sender = st.runner().flatmap(lambda machine: st.sampled_from(machine.senders))
some_act = st.one_of(
    st.tuples(st.just("disconnect"), st.tuples(some_receiver, some_sender)),
    st.tuples(st.just("connect"), st.tuples(some_receiver, some_sender, st.booleans())),
    st.tuples(st.just("die"), st.tuples(some_receiver)),
    st.tuples(st.just("collect"), st.tuples()),
)
some_operation = st.one_of(
    st.tuples(st.just("connect"), some_receiver, some_sender, st.booleans()),
    st.tuples(st.just("disconnect"), some_receiver, some_sender),
    st.tuples(st.sampled_from(["clear", "clear_state", "enter_muted"])),
)


class Differential(RuleBasedStateMachine):
    """Does the same to all contestants and looks whether each does what its model says."""

    steps = 0

    def __init__(self) -> None:
        super().__init__()
        self.contestants: list[tuple[Party, Model]] = []
        self.receivers: list[str] = []
        self.senders: list[str] = []

    @initialize(
        receivers=st.lists(st.sampled_from(sorted(KINDS)), min_size=4, max_size=6, unique=True),
        senders=st.lists(st.sampled_from(SENDERS[1:]), min_size=2, max_size=4, unique=True),
        observed=st.booleans(),
    )
    def begin(self, receivers: list[str], senders: list[str], observed: bool) -> None:
        gc.collect()
        if hasattr(gc, "freeze"):
            gc.freeze()  # what is there already need not be looked through again and again
        self.contestants = [(Party(signals_on(core), False, observed), Model(observed)) for core in CORES]
        self.contestants.append((Party(blinker, True, observed), Blinker(observed)))
        self.receivers = [f"{kind}/1" for kind in receivers]
        self.senders = ["ANY", *senders]
        for name in [*self.receivers, *(f"sender {name}" for name in senders if name.startswith(MORTALS))]:
            self.bring_to_life(name)

    def bring_to_life(self, name: str) -> None:
        for party, model in self.contestants:
            party.begin(name)
            model.begin(name)

    def everywhere(self, operation: str, *arguments: Any) -> None:
        for party, model in self.contestants:
            observed = getattr(party, operation)(*arguments)
            expected = getattr(model, operation)(*arguments)
            model.settle()
            assert observed == expected, (party.signal, operation)

    def can_die(self) -> bool:
        return len(self.receivers) > 2

    def is_plain(self) -> bool:
        """Is ``receivers`` in no contestant changed from outside, so that every death is noticed?"""
        return all(
            not model.saved and all(r == target and model.holds(r) for r, (target, _) in model.shown.items())
            for _, model in self.contestants
        )

    @rule(receiver=some_receiver, sender=some_sender, weak=st.booleans())
    def connect(self, receiver: str, sender: str, weak: bool) -> None:
        self.everywhere("connect", receiver, sender, weak)

    @rule(receiver=some_receiver, sender=some_sender)
    def connect_strongly_to_one_more(self, receiver: str, sender: str) -> None:
        self.everywhere("connect", receiver, sender, False)

    @rule(
        receiver=some_receiver,
        sender=some_sender,
        weak=st.booleans(),
        error=st.sampled_from(sorted(ERRORS)),
    )
    def connect_in_vain(self, receiver: str, sender: str, weak: bool, error: str) -> None:
        self.everywhere("connect_in_vain", receiver, sender, weak, error)

    @rule(
        receiver=some_receiver,
        how=st.sampled_from(BADLY),
    )
    def connect_badly(self, receiver: str, how: str) -> None:
        self.everywhere("connect_badly", receiver, how)

    @rule(receiver=some_receiver, sender=some_sender)
    def disconnect(self, receiver: str, sender: str) -> None:
        self.everywhere("disconnect", receiver, sender)

    @rule(receiver=some_receiver, sender=some_sender, error=st.sampled_from(sorted(ERRORS)))
    def disconnect_in_vain(self, receiver: str, sender: str, error: str) -> None:
        self.everywhere("disconnect_in_vain", receiver, sender, error)

    @rule(operation=some_operation)
    def in_another_thread(self, operation: tuple[Any, ...]) -> None:
        self.everywhere("elsewhere", *operation)

    @rule(sender=some_sender)
    def send_at_once(self, sender: str) -> None:
        for party, model in self.contestants:
            model.check_send_at_once(party.send_at_once(sender), sender)

    @rule(
        sender=some_sender,
        method=st.sampled_from(["send", "send_async"]),
        wrapped=st.booleans(),
        keywords=st.sampled_from([{}, {"n": 1}, {"self": 1, "receiver": 2}]),
    )
    def send(self, sender: str, method: str, wrapped: bool, keywords: dict[str, int]) -> None:
        self.dispatch("send", None, sender, method, wrapped, keywords)

    @rule(sender=some_sender, method=st.sampled_from(["send", "send_async"]), act=some_act)
    def send_and_act(self, sender: str, method: str, act: Act) -> None:
        self.dispatch("send", act, sender, method, True, {})

    @rule(sender=some_sender, steps=st.integers(0, 3), act=some_act)
    def iterate(self, sender: str, steps: int, act: Act) -> None:
        self.dispatch("iterate", act, sender, steps)

    def dispatch(self, operation: str, act: Act | None, *arguments: Any) -> None:
        dies = act is not None and act[0] == "die"
        if act is not None and dies and (not self.can_die() or not self.is_plain()):
            act, dies = ("disconnect", (act[1][0], "ANY")), False
        if act is not None and act[0] == "connect" and kind_of(act[1][0]).transient:
            act = ("disconnect", act[1][:2])  # to connect it again is to let it die and come back
        for party, model in self.contestants:
            observed = getattr(party, operation)(*arguments, act)
            getattr(model, f"check_{operation}")(observed, *arguments, act)
            if act is not None and isinstance(observed, Sent) and not observed.acted:  # now, so that all have done it
                getattr(party, act[0])(*act[1])
                model.do(act)
            model.settle()
        if act is not None and dies:
            self.receivers.remove(act[1][0])

    @rule(receiver=some_receiver, sender=some_sender)
    def enter_connected_to(self, receiver: str, sender: str) -> None:
        if not kind_of(receiver).builtin:
            self.everywhere("enter_connected_to", receiver, sender)

    @precondition(lambda self: self.contestants and self.contestants[0][1].blocks)
    @rule()
    def leave(self) -> None:
        self.everywhere("leave")

    @rule(muted=st.none() | st.booleans())
    def mute(self, muted: bool | None) -> None:
        if muted is None:
            self.everywhere("enter_muted")
        else:
            self.everywhere("mute", muted)

    @precondition(lambda self: self.can_die())
    @rule(receiver=some_receiver, another=st.booleans())
    def let_receiver_die(self, receiver: str, another: bool) -> None:
        self.everywhere("drop", receiver)
        self.receivers.remove(receiver)
        self.succeed(receiver, self.receivers, "", another)

    @precondition(lambda self: any(name.startswith(MORTALS) for name in self.senders))
    @rule(choice=st.integers(0, 3), another=st.booleans())
    def let_sender_die(self, choice: int, another: bool) -> None:
        mortals = [name for name in self.senders if name.startswith(MORTALS)]
        sender = mortals[choice % len(mortals)]
        self.everywhere("drop", f"sender {sender}")
        self.senders.remove(sender)
        self.succeed(sender, self.senders, "sender ", another)

    def succeed(self, dead: str, names: list[str], prefix: str, another: bool) -> None:
        """Let another come in the place of the dead, with the same id where chance has it."""
        kind, _, generation = dead.partition("/")
        if another and int(generation) < GENERATIONS and self.is_plain():
            names.append(f"{kind}/{int(generation) + 1}")
            self.bring_to_life(prefix + names[-1])

    @rule(how=st.sampled_from(["clear", "assign_empty", "clear_state"]))
    def empty(self, how: str) -> None:
        self.everywhere(how)

    @rule(receiver=some_receiver)
    def take_out(self, receiver: str) -> None:
        self.everywhere("take_out", receiver)

    @precondition(lambda self: self.contestants and self.contestants[0][0].saved is None)
    @rule(receiver=some_receiver, other=some_receiver)
    def put_another_in_its_place(self, receiver: str, other: str) -> None:
        if not kind_of(other).transient:
            self.everywhere("put", receiver, other)

    @precondition(lambda self: self.contestants and self.contestants[0][0].saved is None)
    @rule(copied=st.booleans())
    def save(self, copied: bool) -> None:
        if not any(kind_of(target).transient for _, model in self.contestants for target, _ in model.shown.values()):
            self.everywhere("save", copied)

    @precondition(lambda self: self.contestants and self.contestants[0][0].saved is not None)
    @rule(what=st.sampled_from(["restore", "restore", "forget_saved"]))
    def restore(self, what: str) -> None:
        self.everywhere(what)

    @rule()
    def collect(self) -> None:
        gc.collect()

    @invariant()
    def all_is_well(self) -> None:
        type(self).steps += 1
        for party, model in self.contestants:
            for last_try in (False, True):
                expected = {
                    name: model.holds_sender(name[7:]) if name.startswith("sender ") else model.holds(name)
                    for name in party.probes
                    if name.startswith("sender ") or not model.transient(name)
                }
                observed = {name: party.is_alive(name) for name in expected}
                if observed == expected or last_try:
                    break
                gc.collect()  # some kinds are always part of a cycle
            assert observed == expected
            model.check(party, self.senders)


def search(steps: int, first_seed: int) -> None:
    """Try runs by chance, in batches each of which begins from a seed of its own."""
    Differential.steps = 0
    settings = hypothesis.settings(
        max_examples=min(100, steps // 50 + 1),
        stateful_step_count=50,
        deadline=None,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    try:
        for batch in count(first_seed):
            try:
                run_state_machine_as_test(hypothesis.seed(batch)(Differential), settings=settings)
            except BaseException:
                print(f"To try this again: ALDIS_DIFFERENTIAL_SEED={batch}")
                raise
            if Differential.steps >= steps:
                return
    finally:
        if hasattr(gc, "unfreeze"):
            gc.unfreeze()


def of_blinker(test: Callable[[], None]) -> Callable[[], None]:
    """Overlook what blinker alone does: it loses coroutines that it does not know of, and its weak methods, which are
    those of the standard library, complain when they die together with their owner.
    """
    for warning in (
        "ignore:coroutine .* was never awaited:RuntimeWarning",
        "ignore:Exception ignored .*<function WeakMethod:pytest.PytestUnraisableExceptionWarning",
    ):
        test = pytest.mark.filterwarnings(warning)(test)
    return test


@of_blinker
def test_cores_and_blinker_agree() -> None:
    search(STEPS, first_seed=int(os.environ.get("ALDIS_DIFFERENTIAL_SEED", "0")))


@pytest.mark.long
@of_blinker
def test_cores_and_blinker_agree_for_long() -> None:
    search(50 * STEPS, first_seed=random.randrange(2**32))

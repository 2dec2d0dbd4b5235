"""Both cores do the same random operations, and each is compared with the model of what aldis promises.

A normal run uses the same seeds every time; the long one tries fifty times as many steps from a new seed.
``ALDIS_DIFFERENTIAL_STEPS`` sets the number of steps, ``ALDIS_DIFFERENTIAL_SEED`` the seed of a run that failed.
"""

from __future__ import annotations

import gc
import os
import random
from itertools import count
from typing import Any

import hypothesis
import hypothesis.strategies as st
import pytest
from conftest import CORES
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from support.kinds import KINDS, MORTALS, PYPY, SENDERS, kind_of
from support.model import Model
from support.subjects import ERRORS, GENERATIONS, Act, Sent, Subject

from aldis._cores import signals_on

STEPS = int(os.environ.get("ALDIS_DIFFERENTIAL_STEPS", "500" if PYPY else "5000"))  # PyPy collects at each death

some_receiver = st.runner().flatmap(lambda machine: st.sampled_from(machine.receivers))
some_sender = st.runner().flatmap(lambda machine: st.sampled_from(machine.senders))
some_error = st.sampled_from(sorted(ERRORS))
some_act = st.one_of(
    st.tuples(st.just("disconnect"), st.tuples(some_receiver, some_sender)),
    st.tuples(st.just("connect"), st.tuples(some_receiver, some_sender, st.booleans())),
    st.tuples(st.just("die"), st.tuples(some_receiver)),
    st.tuples(st.just("collect"), st.tuples()),
)


class Differential(RuleBasedStateMachine):
    steps = 0

    def __init__(self) -> None:
        super().__init__()
        self.subjects: list[tuple[Subject, Model]] = []
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
            gc.freeze()  # makes the many collections fast
        self.subjects = [(Subject(signals_on(core), observed), Model(observed)) for core in CORES]
        self.receivers = [f"{kind}/1" for kind in receivers]
        self.senders = ["ANY", *senders]
        for name in [*self.receivers, *(f"sender {name}" for name in senders if name.startswith(MORTALS))]:
            self.bring_to_life(name)

    def bring_to_life(self, name: str) -> None:
        for subject, model in self.subjects:
            subject.begin(name)
            model.begin(name)

    def everywhere(self, operation: str, *arguments: Any) -> None:
        for subject, model in self.subjects:
            observed = getattr(subject, operation)(*arguments)
            expected = getattr(model, operation)(*arguments)
            model.settle()
            assert observed == expected, (subject.signal, operation)

    def can_die(self) -> bool:
        return len(self.receivers) > 2

    def is_plain(self) -> bool:
        """Return whether no program has edited ``receivers``."""
        return all(
            r == target and model.holds(r) for _, model in self.subjects for r, (target, _) in model.public.items()
        )

    # Connections

    @rule(receiver=some_receiver, sender=some_sender, weak=st.booleans())
    def connect(self, receiver: str, sender: str, weak: bool) -> None:
        self.everywhere("connect", receiver, sender, weak)

    @rule(receiver=some_receiver, sender=some_sender)
    def connect_strongly(self, receiver: str, sender: str) -> None:
        self.everywhere("connect", receiver, sender, False)

    @rule(receiver=some_receiver, sender=some_sender, weak=st.booleans(), error=some_error)
    def connect_refused(self, receiver: str, sender: str, weak: bool, error: str) -> None:
        self.everywhere("connect_refused", receiver, sender, weak, error)

    @rule(receiver=some_receiver, sender=some_sender)
    def disconnect(self, receiver: str, sender: str) -> None:
        self.everywhere("disconnect", receiver, sender)

    @rule(receiver=some_receiver, sender=some_sender)
    def enter_connected_to(self, receiver: str, sender: str) -> None:
        if not kind_of(receiver).builtin:
            self.everywhere("enter_connected_to", receiver, sender)

    @precondition(lambda self: self.subjects and self.subjects[0][1].blocks)
    @rule()
    def leave(self) -> None:
        self.everywhere("leave")

    @rule(muted=st.none() | st.booleans())
    def mute(self, muted: bool | None) -> None:
        if muted is None:
            self.everywhere("enter_muted")
        else:
            self.everywhere("mute", muted)

    # Dispatch

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
        if act is not None and not self.is_plain():  # what a program put there lives as long as a send that found it
            act = ("collect", ())
        dies = act is not None and act[0] == "die"
        if act is not None and dies and not self.can_die():
            act, dies = ("disconnect", (act[1][0], "ANY")), False
        if act is not None and act[0] == "connect" and kind_of(act[1][0]).transient:
            act = ("disconnect", act[1][:2])  # connecting it again would let it die and return
        for subject, model in self.subjects:
            observed = getattr(subject, operation)(*arguments, act)
            assert observed == getattr(model, operation)(*arguments, act), (subject.signal, operation)
            if act is not None and isinstance(observed, Sent) and not observed.acted:  # so that all subjects do it
                getattr(subject, act[0])(*act[1])
                model.do(act)
            model.settle()
        if act is not None and dies:
            self.receivers.remove(act[1][0])

    # Deaths

    @precondition(lambda self: self.can_die())
    @rule(receiver=some_receiver, another=st.booleans())
    def let_receiver_die(self, receiver: str, another: bool) -> None:
        self.everywhere("drop", receiver)
        self.receivers.remove(receiver)
        self.replace(receiver, self.receivers, "", another)

    @precondition(lambda self: any(name.startswith(MORTALS) for name in self.senders))
    @rule(choice=st.integers(0, 3), another=st.booleans())
    def let_sender_die(self, choice: int, another: bool) -> None:
        mortals = [name for name in self.senders if name.startswith(MORTALS)]
        sender = mortals[choice % len(mortals)]
        self.everywhere("drop", f"sender {sender}")
        self.senders.remove(sender)
        self.replace(sender, self.senders, "sender ", another)

    def replace(self, dead: str, names: list[str], prefix: str, another: bool) -> None:
        """Make the next generation, which may get the identity of the dead one."""
        kind, _, generation = dead.partition("/")
        if another and int(generation) < GENERATIONS and self.is_plain():
            names.append(f"{kind}/{int(generation) + 1}")
            self.bring_to_life(prefix + names[-1])

    # The public dictionary

    @rule(how=st.sampled_from(["clear", "assign_empty", "clear_state"]))
    def empty(self, how: str) -> None:
        self.everywhere(how)

    @rule(receiver=some_receiver)
    def take_out(self, receiver: str) -> None:
        self.everywhere("take_out", receiver)

    @rule(receiver=some_receiver, other=some_receiver)
    def put(self, receiver: str, other: str) -> None:
        if not kind_of(other).transient:
            self.everywhere("put", receiver, other)

    @invariant()
    def subjects_equal_the_model(self) -> None:
        type(self).steps += 1
        for subject, model in self.subjects:
            for last_try in (False, True):
                expected = {
                    name: model.holds_sender(name[7:]) if name.startswith("sender ") else model.holds(name)
                    for name in subject.probes
                    if name.startswith("sender ") or not kind_of(name).transient
                }
                observed = {name: subject.is_alive(name) for name in expected}
                if observed == expected or last_try:
                    break
                gc.collect()  # some kinds are always part of a cycle
            assert observed == expected
            model.check(subject, self.senders)


def search(steps: int, first_seed: int) -> None:
    """Run the machine in batches, each from a seed of its own."""
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
                print(f"To repeat this run: ALDIS_DIFFERENTIAL_SEED={batch}")
                raise
            if Differential.steps >= steps:
                return
    finally:
        if hasattr(gc, "unfreeze"):
            gc.unfreeze()


@pytest.mark.thread_unsafe(reason="the machine takes one step after another")
@pytest.mark.untraced
def test_cores_equal_the_model() -> None:
    search(STEPS, first_seed=int(os.environ.get("ALDIS_DIFFERENTIAL_SEED", "0")))


@pytest.mark.long
def test_cores_equal_the_model_for_long() -> None:
    search(200 * STEPS, first_seed=random.randrange(2**32))

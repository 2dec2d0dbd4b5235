"""Both cores are one: the same names, signatures, docstrings, errors; and what they share with blinker."""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Callable
from types import ModuleType
from typing import Any

import blinker
import blinker._utilities
import blinker.base
import pytest
from dispatch import Thing, finish, function

import aldis
import aldis._identity
from aldis._core import signals_on

CLASSES = ["Signal", "NamedSignal", "Namespace"]
METHODS = [
    *("connect", "connect_via", "connected_to", "disconnect", "send", "send_async"),
    *("receivers_for", "has_receivers_for", "muted"),
]
ATTRIBUTES = ["ANY", "set_class", "receivers", "is_muted", "receiver_connected", "receiver_disconnected", "__doc__"]
REACHED_IN = ["_by_sender", "_by_receiver", "_weak_senders", "_disconnect", "_clear_state", "_cleanup_bookkeeping"]

two_cores = pytest.mark.skipif(bool(os.environ.get("ALDIS_PURE_PYTHON")), reason="ALDIS_PURE_PYTHON asks for one core")


def cores() -> list[ModuleType]:
    return [signals_on("compiled"), signals_on("pure")]


def names(owner: Any) -> set[str]:
    """Return the public names, and those with two underscores that are no mere machinery of the class."""
    machinery = {"__dict__", "__module__", "__slots__", "__pyx_vtable__", "__firstlineno__", "__static_attributes__"}
    machinery |= {"__annotations__", "__annotate__", "__annotate_func__", "__annotations_cache__"}
    machinery |= {"__setstate_cython__", "__reduce_cython__", "__weakref__"}
    return {name for name in dir(owner) if not name.startswith("_") or name.startswith("__")} - machinery


def parameters(function: Any) -> list[tuple[str, Any, Any]]:
    """Return names, kinds and defaults; a symbol is known by its name, and nobody passes ``self`` by name."""

    def comparable(default: Any) -> Any:
        return repr(default) if type(default).__name__ == "Symbol" else default

    found = inspect.signature(function).parameters.values()
    return [(p.name, p.name == "self" or p.kind, comparable(p.default)) for p in found]


# What there is


def test_the_package() -> None:
    assert set(aldis.__all__) == {*blinker.__all__, "accelerated", "install_as_blinker"}
    assert all(hasattr(aldis, name) for name in aldis.__all__)
    assert re.fullmatch(r"\d+\.\d+\.\d+\S*", aldis.__version__)
    assert aldis.__doc__


def test_the_modules_in_blinkers_place(signals: ModuleType) -> None:
    for name in (*blinker.__all__, "ANY_ID", "Symbol", "make_id", "make_ref", "_PNamespaceSignal"):
        assert hasattr(blinker.base, name)
        assert hasattr(signals, name)
    assert set(signals.__all__) == {*blinker.__all__, "ANY_ID", "Symbol", "make_id", "make_ref"}
    for name in ("Symbol", "make_id", "make_ref"):
        assert getattr(aldis._identity, name) is getattr(signals, name)


@pytest.mark.parametrize("class_name", CLASSES)
def test_all_that_blinkers_classes_have(signals: ModuleType, class_name: str) -> None:
    ours, theirs = getattr(signals, class_name), getattr(blinker, class_name)
    assert {name for name in vars(theirs) if not name.startswith("_")} <= names(ours)
    make: Callable[[Any], Any] = lambda kind: kind("name") if class_name == "NamedSignal" else kind()  # noqa: E731
    assert {name for name in vars(make(theirs)) if name != "__doc__"} <= set(dir(make(ours)))
    if class_name != "Namespace":
        for name in (*METHODS, *ATTRIBUTES, *REACHED_IN):
            assert hasattr(make(ours), name), name


def test_nothing_else_is_public(signals: ModuleType) -> None:
    public = {name for name in dir(signals.Signal) if not name.startswith("_")}
    assert public == {*METHODS, *ATTRIBUTES} - {"__doc__"}
    assert set(vars(signals.NamedSignal("name"))) | {"name"} == {"name"}


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        *(("Signal", name) for name in (*METHODS, "_disconnect", "_clear_state", "_cleanup_bookkeeping")),
        *((None, name) for name in ("Signal", "NamedSignal", "signal", "make_id", "make_ref", "Symbol")),
        ("Namespace", "signal"),
    ],
)
@pytest.mark.parametrize("bound", [True, False])
def test_signatures_are_blinkers(signals: ModuleType, owner: str | None, name: str, bound: bool) -> None:
    ours: Any = signals if owner is None else getattr(signals, owner)
    theirs: Any = blinker.base if owner is None else getattr(blinker.base, owner)
    if bound and owner:
        ours, theirs = ours(), theirs()
    assert parameters(getattr(ours, name)) == parameters(getattr(theirs, name))


@pytest.mark.parametrize("name", METHODS)
def test_methods_are_of_blinkers_kinds(signals: ModuleType, name: str) -> None:
    ours, theirs = getattr(signals.Signal, name), getattr(blinker.Signal, name)
    for kind in (inspect.isroutine, inspect.iscoroutinefunction, inspect.isgeneratorfunction, inspect.isclass):
        assert kind(ours) == kind(theirs)
    assert ours.__name__ == name
    assert getattr(signals.Signal(), name).__name__ == name
    assert ours.__qualname__.endswith(f".{name}")


@pytest.mark.parametrize("owner", CLASSES)
def test_everything_public_has_a_docstring(signals: ModuleType, owner: str) -> None:
    kind = getattr(signals, owner)
    assert kind.__doc__
    for name, value in vars(kind).items():
        if not name.startswith("_") and (callable(value) or isinstance(value, property)):
            assert inspect.getdoc(value), name
    for name in METHODS:
        documented = inspect.getdoc(getattr(signals.Signal, name))
        assert documented is not None
        for parameter in list(inspect.signature(getattr(signals.Signal, name)).parameters)[1:]:
            assert f":param {parameter}:" in documented, (name, parameter)


# Both cores


@two_cores
@pytest.mark.parametrize("owner", [None, *CLASSES])
def test_names_are_the_same(owner: str | None) -> None:
    compiled, pure = (names(module if owner is None else getattr(module, owner)) for module in cores())
    assert compiled == pure


@two_cores
@pytest.mark.parametrize("name", [*METHODS, "_disconnect", "_clear_state", "_cleanup_bookkeeping", "__init__"])
def test_signatures_and_docstrings_are_the_same(name: str) -> None:
    compiled, pure = (getattr(module.Signal, name) for module in cores())
    assert parameters(compiled) == parameters(pure)
    assert inspect.getdoc(compiled) == inspect.getdoc(pure)
    compiled, pure = (getattr(module.Signal(), name) for module in cores())
    assert parameters(compiled) == parameters(pure)
    assert inspect.getdoc(compiled) == inspect.getdoc(pure)


@two_cores
@pytest.mark.parametrize("name", [*CLASSES, *ATTRIBUTES])
def test_other_docstrings_are_the_same(name: str) -> None:
    owners = cores() if name in CLASSES else [module.Signal for module in cores()]
    compiled, pure = (inspect.getdoc(getattr(owner, name)) for owner in owners)
    assert compiled == pure


class Slotted:
    __slots__ = ()

    def __call__(self, sender: Any) -> None: ...


class Unhashable(str):
    __hash__ = None  # type: ignore[assignment]


class HashRaises(str):
    def __hash__(self) -> int:
        raise LookupError("no hash")


async def coroutine_function(sender: Any) -> None: ...


slotted, thing, receiver = Slotted(), Thing(), function()

NUMBERED: Any = {1: 2}

# Ways to fail with a signal that has a receiver; texts are compared where aldis, not the interpreter, words them
FAILURES: dict[str, Callable[[Any], Any]] = {
    "connect a number": lambda s: s.connect(42),
    "connect None": lambda s: s.connect(None, "sender"),
    "connect via": lambda s: s.connect_via("sender")("no receiver"),
    "connected to a number": lambda s: s.connected_to(42).__enter__(),
    "connect what cannot be weak": lambda s: s.connect(slotted),
    "connect a builtin weakly": lambda s: s.connect(str.upper, thing),
    "send to a coroutine function": lambda s: (s.connect(coroutine_function), s.send(thing)),
    "send_async to a function": lambda s: finish(s.send_async(thing)),
    "connect to an unhashable sender": lambda s: s.connect(receiver, Unhashable()),
    "connect to a sender that raises": lambda s: s.connect(receiver, HashRaises()),
    "disconnect from an unhashable sender": lambda s: s.disconnect(receiver, Unhashable()),
    "disconnect from a sender that raises": lambda s: s.disconnect(receiver, HashRaises()),
    "send from an unhashable sender": lambda s: s.send(Unhashable()),
    "send from a sender that raises": lambda s: (s.connect(receiver, thing), s.send(HashRaises())),
    "send_async from a sender that raises": lambda s: (s.connect(receiver, thing), finish(s.send_async(HashRaises()))),
    "receivers_for an unhashable sender": lambda s: list(s.receivers_for(Unhashable())),
    "has_receivers_for an unhashable sender": lambda s: s.has_receivers_for(Unhashable()),
    "a receiver that raises": lambda s: (s.connect(boom := lambda sender: 1 / 0), s.send(boom)),
    "a deleted dictionary": lambda s: s.__delattr__("receivers") or s.receivers,
    "a dictionary that is none": lambda s: setattr(s, "receivers", 42),
    "an unknown key": lambda s: s.receivers.pop("unknown"),
    "pickling": lambda s: s.__reduce_ex__(2),
    "an unknown attribute": lambda s: s.emit,
    "a table that is replaced": lambda s: setattr(s, "_by_sender", {}),
}
# Ways to call that no signature admits: the interpreter words these
MISCALLS: dict[str, Callable[[Any], Any]] = {
    "send twice": lambda s: s.send(1, 2),
    "send numbers as names": lambda s: s.send(**NUMBERED),
    "send without self": lambda s: type(s).send(),
    "send_async twice": lambda s: s.send_async(1, 2),
    "connect nothing": lambda s: s.connect(),
    "connect too much": lambda s: s.connect(receiver, 1, True, None),
    "connect unknown": lambda s: s.connect(receiver, strong=True),
    "connect_via nothing": lambda s: s.connect_via(),
    "disconnect nothing": lambda s: s.disconnect(),
    "has_receivers_for nothing": lambda s: s.has_receivers_for(),
    "has_receivers_for too much": lambda s: s.has_receivers_for(1, 2),
    "has_receivers_for unknown": lambda s: s.has_receivers_for(other=1),
    "receivers_for nothing": lambda s: s.receivers_for(),
    "muted by something": lambda s: s.muted(1),
    "_disconnect nothing": lambda s: s._disconnect(),
    "_disconnect half": lambda s: s._disconnect(1),
    "_clear_state of something": lambda s: s._clear_state(1),
    "made of two": lambda s: type(s)("doc", 2),
}


def outcome(module: ModuleType, call: Callable[[Any], Any]) -> tuple[type[BaseException], str]:
    signal = module.Signal()
    signal.connect(receiver)
    with pytest.raises((TypeError, LookupError, RuntimeError, AttributeError, ArithmeticError)) as caught:
        call(signal)
    text = re.sub(r"0x[0-9a-f]+", "0x", str(caught.value))
    text = re.sub(
        r"cannot use .* as a dict key \((.*)\)", r"\1", text
    )  # where the interpreter looks it up in a dictionary
    return caught.type, re.sub(r"aldis\._signals_\w+", "aldis.signals", text)


@two_cores
@pytest.mark.parametrize("call", FAILURES.values(), ids=FAILURES)
def test_errors_are_the_same(call: Callable[[Any], Any]) -> None:
    compiled, pure = (outcome(module, call) for module in cores())
    assert compiled == pure


@two_cores
@pytest.mark.parametrize("call", MISCALLS.values(), ids=MISCALLS)
def test_miscalls_are_refused_by_both(call: Callable[[Any], Any]) -> None:
    (compiled, _), (pure, _) = (outcome(module, call) for module in cores())
    assert compiled is pure is TypeError


@pytest.mark.parametrize("call", MISCALLS.values(), ids=MISCALLS)
def test_miscalls_are_those_of_blinker(signals: ModuleType, call: Callable[[Any], Any]) -> None:
    for module in [signals, blinker] * 50:  # so often that the interpreter takes short cuts
        with pytest.raises((TypeError, AttributeError)):
            call(module.Signal())


@two_cores
def test_what_is_shown_is_the_same() -> None:
    def show(module: ModuleType) -> list[str]:
        signal = module.NamedSignal("ready", "Ready.")
        signal.connect(receiver, "sender")
        signal.connect(slotted, weak=False)
        shown = [repr(signal), repr(signal.receivers), repr(signal._by_sender), repr(signal._by_receiver)]
        shown += [repr(signal._weak_senders), repr(vars(signal)), repr(signal.send("sender"))]
        return [re.sub(r"aldis\._signals_\w+", "aldis.signals", re.sub(r"0x[0-9a-f]+", "0x", text)) for text in shown]

    compiled, pure = map(show, cores())
    assert compiled == pure

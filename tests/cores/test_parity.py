"""Both cores have the same names, signatures, docstrings and errors, and share them with blinker where it has them."""

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
from support.helpers import Thing, finish, function

import aldis
import aldis._identity
from aldis._cores import signals_on

METHODS = [
    *("connect", "connect_via", "connected_to", "disconnect", "send", "send_async"),
    *("receivers_for", "has_receivers_for", "muted"),
]
ADDED = ["send_all", "send_all_async", "emit", "connections", "captured"]
ATTRIBUTES = ["ANY", "set_class", "receivers", "is_muted", "receiver_connected", "receiver_disconnected", "__doc__"]

two_cores = pytest.mark.skipif(bool(os.environ.get("ALDIS_PURE_PYTHON")), reason="ALDIS_PURE_PYTHON asks for one core")


def cores() -> list[ModuleType]:
    return [signals_on("compiled"), signals_on("pure")]


def parameters(function: Any) -> list[tuple[str, Any, Any]]:
    """Return names, kinds and defaults. The kind of ``self`` does not matter."""

    def comparable(default: Any) -> Any:
        return repr(default) if type(default).__name__ == "Symbol" else default

    found = inspect.signature(function).parameters.values()
    return [(p.name, p.name == "self" or p.kind, comparable(p.default)) for p in found]


# Surface


def test_package_exports_blinkers_names_and_its_own() -> None:
    added = {"accelerated", "install_as_blinker", "Call", "Connection", "ReceiverErrors", "trace"}
    assert set(aldis.__all__) == {*blinker.__all__, *added}
    assert all(hasattr(aldis, name) for name in aldis.__all__)
    assert re.fullmatch(r"\d+\.\d+\.\d+\S*", aldis.__version__)
    assert aldis.__doc__


def test_signals_has_the_names_of_blinker_base(signals: ModuleType) -> None:
    for name in (*blinker.__all__, "ANY_ID", "Symbol", "make_id", "make_ref", "_PNamespaceSignal"):
        assert hasattr(blinker.base, name)
        assert hasattr(signals, name)
    for name in ("Symbol", "make_id", "make_ref"):
        assert getattr(aldis._identity, name) is getattr(signals, name)


def test_signal_has_no_other_public_name(signals: ModuleType) -> None:
    public = {name for name in dir(signals.Signal) if not name.startswith("_")}
    assert public == {*METHODS, *ADDED, *ATTRIBUTES} - {"__doc__"}
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
def test_signature_equals_blinkers(signals: ModuleType, owner: str | None, name: str, bound: bool) -> None:
    ours: Any = signals if owner is None else getattr(signals, owner)
    theirs: Any = blinker.base if owner is None else getattr(blinker.base, owner)
    if bound and owner:
        ours, theirs = ours(), theirs()
    assert parameters(getattr(ours, name)) == parameters(getattr(theirs, name))


# Both cores


@two_cores
@pytest.mark.parametrize("name", [*METHODS, *ADDED, "_disconnect", "_clear_state", "__init__"])
def test_cores_have_the_same_signatures_and_docstrings(name: str) -> None:
    compiled, pure = (getattr(module.Signal, name) for module in cores())
    assert parameters(compiled) == parameters(pure)
    assert inspect.getdoc(compiled) == inspect.getdoc(pure)
    compiled, pure = (getattr(module.Signal(), name) for module in cores())
    assert parameters(compiled) == parameters(pure)
    assert inspect.getdoc(compiled) == inspect.getdoc(pure)


class Slotted:
    __slots__ = ()

    def __call__(self, sender: Any) -> None: ...


async def coroutine_function(sender: Any) -> None: ...


slotted, thing, receiver = Slotted(), Thing(), function()

# Errors whose texts aldis words
FAILURES: dict[str, Callable[[Any], Any]] = {
    "connect a number": lambda s: s.connect(42),
    "connect what cannot be weak": lambda s: s.connect(slotted),
    "connect a builtin weakly": lambda s: s.connect(str.upper, thing),
    "send to a coroutine function": lambda s: (s.connect(coroutine_function), s.send(thing)),
    "send_async to a function": lambda s: finish(s.send_async(thing)),
    "a receiver that raises": lambda s: (s.connect(boom := lambda sender: 1 / 0), s.send(boom)),
    "an unknown key": lambda s: s.receivers.pop("unknown"),
    "pickling": lambda s: s.__reduce_ex__(2),
    "an unknown attribute": lambda s: s.unknown,
    "a table that is replaced": lambda s: setattr(s, "_by_sender", {}),
}
# Calls that the signatures do not allow: the interpreter words these errors


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
def test_cores_raise_the_same_errors(call: Callable[[Any], Any]) -> None:
    compiled, pure = (outcome(module, call) for module in cores())
    assert compiled == pure

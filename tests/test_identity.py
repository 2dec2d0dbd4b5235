"""Who is who: ``ANY`` and other symbols, identities, weak references."""

from __future__ import annotations

import enum
import pickle
import weakref
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from copies import every_copy
from dispatch import Thing, function

import aldis
from aldis._identity import ANY, ANY_ID, Symbol, make_id, make_ref

# Symbols


@every_copy
def test_any_keeps_its_identity(make_copy: Callable[[Any], Any]) -> None:
    assert make_copy(ANY) is ANY
    assert make_copy([ANY, {"sender": ANY}]) == [ANY, {"sender": ANY}]
    assert make_copy([ANY])[0] is ANY


def test_any_is_one(signals: ModuleType) -> None:
    assert ANY is aldis.ANY is signals.ANY is signals.Signal.ANY is signals.Signal().ANY is Symbol("ANY")
    assert repr(ANY) == str(ANY) == ANY.name == "ANY"
    assert ANY.__getnewargs__() == ("ANY",)
    assert ANY


@every_copy
@pytest.mark.parametrize("name", ["a", "", "no identifier"])
def test_a_name_gives_one_symbol(make_copy: Callable[[Any], Any], name: str) -> None:
    symbol = Symbol(name)
    assert Symbol(name) is Symbol(name=name) is make_copy(symbol) is symbol
    assert symbol.name == repr(symbol) == name
    assert Symbol.symbols[name] is symbol
    assert Symbol(name + "other") is not symbol
    assert hash(symbol) == hash(Symbol(name))


def test_a_symbol_is_one_in_another_process(run: Callable[..., Any]) -> None:
    both = pickle.dumps([ANY, Symbol("other")])
    done = run("-c", f"import pickle, aldis; a, o = pickle.loads({both!r}); print(a is aldis.ANY, o)")
    assert (done.stdout, done.stderr) == ("True other\n", "")


# make_id


class One(enum.IntEnum):
    ONE = 1


class Str(str):
    pass


class Equal:
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


thing, items, equal = Thing(), ["item"], Equal()

SAME: list[list[Any]] = [
    ["a", Str("a"), "".join(["a"])],
    [1, True, One.ONE],
    [0, False],
    [thing.method, thing.method],
    [Thing.class_method, thing.class_method],
    [thing.static_method, Thing.static_method],
    [items.append, items.append],
    [items.__eq__, items.__eq__],
    [items, items],
    [equal, equal],
]
DIFFERENT: list[Any] = [
    ANY,
    None,
    0,
    1,
    1.0,
    "",
    "1",
    b"1",
    thing,
    Thing(),
    Thing,
    thing.method,
    thing.other_method,
    thing.class_method,
    thing.static_method,
    items,
    ["item"],
    (),
    (1,),
    items.append,
    items.extend,
    ["item"].append,
    items.__eq__,
    items.__ne__,
    equal,
    Equal(),
    len,
    print,
    str,
    int,
    function(),
    id(thing),
    (id(Thing.method), id(thing)),
]


@pytest.mark.parametrize("same", SAME)
def test_the_same(same: list[Any]) -> None:
    identities = {make_id(obj) for obj in same}
    assert len(identities) == 1


def test_different() -> None:
    identities = [make_id(obj) for obj in DIFFERENT]
    assert len(set(identities)) == len(DIFFERENT)
    assert ANY_ID not in identities
    assert ANY_ID == 0


def test_what_is_known_by_value_has_to_be_hashable() -> None:
    class Unhashable(str):
        __hash__ = None  # type: ignore[assignment]

    with pytest.raises(TypeError, match="unhashable"):
        hash(make_id(Unhashable("a")))


# make_ref


@pytest.mark.parametrize("make", [Thing, function, lambda: Thing().method])
def test_a_reference_dies_with_its_object(collect: Callable[[], None], make: Callable[[], Any]) -> None:
    held = [make()]
    dead: list[Any] = []
    reference, silent = make_ref(held[0], dead.append), make_ref(held[0])
    assert isinstance(reference, weakref.ref)
    collect()
    assert reference() == silent() == held[0]
    held.clear()
    collect()
    assert reference() is silent() is None
    assert dead == [reference]


def test_a_method_dies_with_its_instance_or_its_function(collect: Callable[[], None]) -> None:
    class Local:
        def method(self) -> str:
            return "called"

    instances: list[Local] = []
    for end in (instances.clear, lambda: delattr(Local, "method")):
        instances.append(Local())
        dead: list[Any] = []
        reference = make_ref(instances[0].method, dead.append)
        method = reference()
        assert method is not None
        assert method() == "called"
        assert method == instances[0].method
        del method
        end()
        collect()
        assert reference() is None
        assert len(dead) == 1
        assert dead[0] is reference


def test_a_reference_that_is_gone_tells_of_no_death(collect: Callable[[], None]) -> None:
    class Local:
        def method(self) -> None: ...

    dead: list[Any] = []
    instance = Local()
    function = make_ref(instance.method, dead.append).function  # type: ignore[attr-defined]
    collect()
    del Local.method
    collect()
    assert function() is None
    assert dead == []


def test_references_compare_by_what_they_refer_to(collect: Callable[[], None]) -> None:
    one, other = Thing(), [Thing()]
    assert make_ref(one.method) == make_ref(one.method)
    assert hash(make_ref(one.method)) == hash(make_ref(one.method))
    assert make_ref(one) == make_ref(one)
    different = make_ref(other[0].method)
    for reference in (make_ref(one.method), make_ref(one), one.method, None):
        assert different != reference
        assert not different == reference  # noqa: SIM201
    twin = make_ref(other[0].method)
    assert twin == different
    other.clear()
    collect()
    assert twin != different
    assert different == different


@pytest.mark.parametrize("obj", [None, 1, "a", b"a", (), [], {}, 1.5, object(), [].__eq__], ids=repr)
def test_what_has_no_weak_references(obj: Any) -> None:
    with pytest.raises(TypeError, match="cannot create weak reference"):
        make_ref(obj)
    with pytest.raises(TypeError, match="cannot create weak reference"):
        make_ref(obj, print)

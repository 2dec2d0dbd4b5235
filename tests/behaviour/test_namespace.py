"""``NamedSignal``, ``Namespace`` and the default namespace."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
from support.helpers import by_send, function


def test_a_namespace_makes_one_signal_for_each_name(signals: ModuleType) -> None:
    namespace, other = signals.Namespace(), signals.Namespace()
    ready = namespace.signal("ready")
    assert type(ready) is signals.NamedSignal
    assert ready.name == "ready"
    assert namespace.signal("ready") is namespace["ready"] is ready
    assert namespace.signal(name="done", doc=None) is not ready
    assert list(namespace) == ["ready", "done"]
    ready.connect(receiver := function())
    assert by_send(namespace.signal("ready")) == [receiver]
    assert by_send(other.signal("ready")) == [], "namespaces do not share signals"


@pytest.mark.parametrize("name", ["", "no identifier", 0, None, b"x", (1, "a"), frozenset(), len])
def test_a_name_can_be_any_hashable_object(signals: ModuleType, name: Any) -> None:
    namespace = signals.Namespace()
    assert namespace.signal(name).name is name
    assert namespace.signal(name) is namespace[name]
    assert repr(namespace[name]).endswith(f"; {name!r}>")
    with pytest.raises(TypeError, match="unhashable"):
        namespace.signal([name])
    assert list(namespace) == [name]


def test_the_first_docstring_of_a_signal_counts(signals: ModuleType) -> None:
    namespace = signals.Namespace()
    assert namespace.signal("ready", "Sent when ready.").__doc__ == "Sent when ready."
    assert namespace.signal("ready", "Another.").__doc__ == "Sent when ready."
    for make in (signals.Signal, lambda doc=None: signals.NamedSignal("name", doc)):
        assert make("Mine.").__doc__ == make(doc="Mine.").__doc__ == "Mine."
        for nothing in (None, ""):
            assert make(nothing).__doc__ == make().__doc__ == type(make()).__doc__
    namespace["ready"].__doc__ = "Changed."
    assert namespace["ready"].__doc__ == "Changed."
    assert signals.NamedSignal.__doc__ != "Changed."


def test_a_namespace_is_a_dictionary(signals: ModuleType) -> None:
    assert issubclass(signals.Namespace, dict)
    namespace = signals.Namespace()
    assert namespace == {} and not namespace
    ready, done = namespace.signal("ready"), namespace.signal("done")
    assert namespace == {"ready": ready, "done": done}
    with pytest.raises(KeyError):
        namespace["missing"]
    assert namespace.pop("ready") is ready
    assert namespace.signal("ready") is not ready
    mine = namespace["mine"] = signals.NamedSignal("other")
    assert namespace.signal("mine", "Ignored.") is mine
    assert signals.Namespace(namespace) == namespace
    assert signals.Namespace(a=mine).signal("a") is mine


def test_a_subclass_of_namespace_can_have___missing__(signals: ModuleType) -> None:
    class Missing(signals.Namespace):  # type: ignore[name-defined,misc]
        def __missing__(self, name: str) -> Any:
            return self.signal(name, "Missing.")

    missing = Missing()
    assert missing["ready"] is missing.signal("ready")
    assert missing["ready"].__doc__ == "Missing."
    assert missing.signal("other").__doc__ != "Missing."


def test_a_namespace_looks_named_signal_up_in_its_module(signals: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    class Mine(signals.NamedSignal):  # type: ignore[name-defined,misc]
        pass

    namespace = signals.Namespace()
    before = namespace.signal("before")
    monkeypatch.setattr(signals, "NamedSignal", Mine)
    assert type(namespace.signal("after")) is Mine
    assert namespace.signal("before") is before


def test_signal_is_a_method_of_the_default_namespace(signals: ModuleType) -> None:
    assert type(signals.default_namespace) is signals.Namespace
    assert signals.signal.__self__ is signals.default_namespace
    assert signals.signal.__func__ is signals.Namespace.signal
    name = object()
    assert signals.signal(name, doc="Mine.") is signals.default_namespace[name] is signals.signal(name)
    assert signals.default_namespace.pop(name).__doc__ == "Mine."

"""Debug mode: where connections were made, receivers that died unheard, and proxies. It needs a process of its own."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

START = """\
import aldis, copy, functools, gc, sys, unittest.mock, weakref
signal = aldis.NamedSignal("ready")
class Thing:
    def method(self, sender): pass
    __call__ = method
def new():
    def inner(sender): pass
    return inner
"""
FIRST = START.count("\n") + 1  # line of a script


@pytest.fixture
def warned(run: Callable[..., Any], tmp_path: Path) -> Any:
    """Run a script in debug mode. Return the lines that it prints, and its warnings with line and category."""

    def warned(script: str, *options: str, debug: str = "1") -> list[str]:
        file = tmp_path / "shop.py"
        file.write_text(f"{START}{script}\ngc.collect(); gc.collect()\n")
        done = run(*(options or ("-W", "always")), str(file), env={"ALDIS_DEBUG": debug}, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        shown = [line for line in done.stderr.splitlines() if not line.startswith("  ")]
        return [*done.stdout.splitlines(), *(line.replace(f"{file}:", "") for line in shown)]

    return warned


def test_a_receiver_that_dies_unheard_is_reported_at_its_connect(warned: Any) -> None:
    lines = {
        "signal.connect(new())": "'new.<locals>.inner'",
        "signal.connect(lambda sender: None, sender='sender')": "'<lambda>'",
        "signal.connect(Thing().method)": "'Thing.method'",
        "signal.connect(Thing())": "<__main__.Thing object at .*>",
        "signal.connect(functools.partial(print))": r"functools\.partial\(<built-in function print>\)",
        "signal.connect_via(None, weak=True)(new())": "'new.<locals>.inner'",
        "with signal.muted(): f = new(); signal.connect(f); signal.send(); del f": "'new.<locals>.inner'",
        "f = new(); signal.connect(f, 'sender'); signal.send('other'); del f": "'new.<locals>.inner'",
    }
    if sys.implementation.name != "pypy":
        lines["signal.connect([].append)"] = r"'list\.append'"
    warnings = warned("\n".join(f"{line}; gc.collect()" for line in lines))
    assert len(warnings) == len(lines)
    warnings.sort(key=lambda warning: int(warning.partition(":")[0]))
    for number, (warning, name) in enumerate(zip(warnings, lines.values()), FIRST):
        message = (
            rf"ResourceWarning: {name} was connected weakly to <.* object at \w+; 'ready'> and died before any send"
        )
        advice = r" reached it\. Keep a reference to it, or connect it with weak=False\."
        assert re.fullmatch(f"{number}: {message}{advice}", warning), warning


def test_no_warning_without_reason_or_at_shutdown(warned: Any) -> None:
    lines = [
        "f = new(); signal.connect(f); signal.send(); del f",
        "f = new(); signal.connect(f); signal.emit(); del f",
        "f = new(); signal.connect(f, 'sender'); signal.send_all('sender'); del f",
        "f = new(); signal.connect(f); list(signal.receivers_for(None)); del f",
        "f = new(); signal.connect(f); signal.disconnect(f); del f",
        "f = new(); signal.connect(f, 'sender'); signal.disconnect(f, 'sender'); del f",
        "signal.connect_via(None)(new())",
        "with signal.connected_to(new()), signal.captured(): pass",
        "thing = Thing(); signal.connect(print, thing); del thing",
        "undo = aldis.trace(lambda *a: None); f = new(); signal.connect(f); signal.send(); del f; undo()",
        "double = unittest.mock.Mock(); signal.connect(double, unittest.mock.Mock()); signal.connect(print, Thing)",
        "f = new(); signal.connect(f); del signal; gc.collect(); del f",
        "last = new(); signal = aldis.signal('kept'); signal.connect(last)",
    ]
    assert warned("\n".join(line if line[0] == "w" else f"signal = aldis.Signal(); {line}" for line in lines)) == []


@pytest.mark.parametrize(("option", "on"), [("-Xdev", {"": True, "1": True, "0": False}), ("-Walways", {"": False})])
def test_options_turn_debug_mode_on_and_off(warned: Any, option: str, on: dict[str, bool]) -> None:
    for debug in on:
        printed, *warnings = warned("signal.connect(new())\nprint(aldis._debug.DEBUG)", option, debug=debug)
        assert (printed, len(warnings)) == (str(on[debug]), on[debug])


def test_warnings_can_be_errors(warned: Any) -> None:
    script = "f, g, h = new(), new(), new()\nfor r in (f, g, h): signal.connect(r)\nr = f = g = None\ngc.collect()\n"
    script += "print(len(signal.send()), len(signal.receivers), len(signal.connections()))"
    first, *errors = warned(script, "-W", "error")
    assert first == "1 1 1"
    assert sum(error.startswith("ResourceWarning: 'new.<locals>.inner' was") for error in errors) == 2


def test_where_is_the_nearest_frame_outside_aldis(warned: Any) -> None:
    script = """\
signal.connect(print)
signal.connect_via(1)(print)
@signal.connect
def one(sender): pass
def connect(): signal.connect(print, 3)
connect()
with signal.connected_to(print, 4), signal.captured():
    made = copy.copy(signal)
    for connected in (signal, made):
        print(*[int(c.where.removeprefix(__file__ + ":")) for c in connected.connections()])
"""
    lines = [FIRST + number for number in (0, 1, 2, 4, 6, 6)]
    assert warned(script) == [" ".join(map(str, lines)), " ".join([str(FIRST + 7)] * 6)]


def test_a_proxy_is_reported(warned: Any) -> None:
    pytest.importorskip("werkzeug")
    script = "from contextvars import ContextVar; from werkzeug.local import LocalProxy; thing = Thing()\n"
    roles = {
        "signal.connect(LocalProxy(lambda: print), weak=False)": "receiver",
        "signal.connect(print, LocalProxy(lambda: signal))": "sender",
        "signal.connect(print, LocalProxy(ContextVar('unbound')))": "sender",
        "signal.connect(weakref.proxy(thing), weak=False)": "receiver",
        "with signal.connected_to(print, sender=weakref.proxy(signal)): pass": "sender",
    }
    warnings = warned(script + "\n".join(roles))
    for number, (warning, role) in enumerate(zip(warnings, roles.values(), strict=True), FIRST + 1):
        assert re.fullmatch(rf"{number}: RuntimeWarning: The {role} is a proxy of type '\w+'\. .*", warning), warning

"""The examples behind the recipes print what they are for."""

from __future__ import annotations

import re
from collections.abc import Callable
from subprocess import CompletedProcess

import pytest

from .pages import ROOT

Run = Callable[..., CompletedProcess[str]]

# What each example prints, as a regular expression.
OUTPUT = {
    "receivers_at_the_same_time": r"cache disk\nat the same time\n",
    "once": r"engine has started for the first time\n",
    "mute_namespace": r"a change of a letter\n",
    "slow_receivers": r"print_receipt took 0\.\d s for <.*; 'order-placed'>\n",
    "log_and_go_on": (
        r"ERROR A receiver of <.*; 'user-created'> failed\nTraceback (?s:.*)"
        r"ConnectionError: no mail server\n(?s:.*)folder created\n"
    ),
    "opentelemetry_spans": r"receipt\n(?s:.*)\"name\": \"print_receipt\"(?s:.*)\"name\": \"request\"(?s:.*)",
}


def test_every_example_has_a_test() -> None:
    examples = {path.stem for path in (ROOT / "examples").glob("*.py")}
    recipes = (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")
    assert {name for name in OUTPUT if f"examples/{name}.py" not in recipes} == set()
    assert set(OUTPUT) <= examples


@pytest.mark.parametrize("example", OUTPUT)
def test_example_prints(example: str, run: Run) -> None:
    done = run("-W", "error", str(ROOT / "examples" / f"{example}.py"), stderr=-2, capture_output=False, stdout=-1)
    assert done.returncode == 0, done.stdout
    assert re.fullmatch(OUTPUT[example], done.stdout), done.stdout

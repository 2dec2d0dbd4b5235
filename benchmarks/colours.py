"""The colours of page and charts, on light and on dark."""

from __future__ import annotations

import re

from .contestants import BLINKER, COMPILED, LOOP, PURE, SILENT

INK, FAINT, LINES = "#1c2128", "#57606b", "#d4dae1"
COLOURS = {  # of contestants, on light and on dark
    COMPILED: ("#0b62c4", "#69b1ff"),
    PURE: ("#0a8a80", "#4fd6c6"),
    BLINKER: ("#c4470d", "#ff9a52"),
    LOOP: ("#6b7480", "#a3adb8"),
    SILENT: ("#8a939e", "#7d8792"),
    "psygnal emit": ("#8a3fc7", "#c792f5"),
    "psygnal emit_fast": ("#b467e6", "#e2bbff"),
    "Django": ("#2d7a33", "#7fd086"),
    "PyDispatcher": ("#806000", "#dcb94a"),
    "pyee": ("#b3246e", "#ff85bd"),
    "atom": ("#a81c2e", "#ff8c94"),
    "dust-riven": ("#4d4aa8", "#a9a6ff"),
}
GENERAL = {"ink": (INK, "#e8ecf1"), "faint": (FAINT, "#a7b0bb"), "lines": (LINES, "#363d47")}


def slug(name: str) -> str:
    return re.sub(r"\W+", "-", name.lower())


def variables(scheme: int) -> str:
    """Return the colours as CSS variables, for light (0) or dark (1)."""
    colours = GENERAL | {slug(name): both for name, both in COLOURS.items()}
    return "".join(f"--{name}:{both[scheme]};" for name, both in colours.items())

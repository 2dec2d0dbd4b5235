"""The pages of the documentation, and the code blocks in them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PAGES = sorted(path for path in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")] if "_build" not in path.parts)
FENCE = re.compile(r"^```(?:\{code-block\} )?(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
CAPTION = re.compile(r":caption: (.+)\n\n?")


class Block(NamedTuple):
    """A code block of a page."""

    page: Path
    language: str
    caption: str | None
    text: str
    output: str


def name(path: Path) -> str:
    """Return the page's path from the root, to name a test."""
    return str(path.relative_to(ROOT))


def blocks(page: Path) -> list[Block]:
    """Return the code blocks of a page. A ``text`` block right after another block is its output."""
    source = page.read_text(encoding="utf-8")
    matches = list(FENCE.finditer(source))
    found: list[Block] = []
    for number, match in enumerate(matches):
        if match["language"] == "text" and not source[matches[number - 1].end() : match.start()].strip():
            found[-1] = found[-1]._replace(output=match["text"])
            continue
        caption = CAPTION.match(match["text"])
        text = match["text"][caption.end() :] if caption else match["text"]
        found.append(Block(page, match["language"], caption[1] if caption else None, text, ""))
    return found

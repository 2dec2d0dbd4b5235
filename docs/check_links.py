"""Check the links inside the built site, fragments included: ``python docs/check_links.py FOLDER``."""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """The links of a page, and the names that a link can lead to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.names: set[str] = {""}
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        for key, value in attributes:
            if key in ("href", "src") and value is not None and not (tag == "link" and value == "#"):
                self.links.append(value)
            elif key in ("id", "name") and value:
                self.names.add(value)


def dead_links(folder: Path) -> list[str]:
    """Return each link that leads nowhere, with its page."""
    pages = {path: Page(path) for path in folder.rglob("*.html")}
    dead = []
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            names = pages[target].names if target in pages else {"", unquote(parts.fragment)}
            if not target.is_file() or unquote(parts.fragment) not in names:
                dead.append(f"{path.relative_to(folder)}: {link}")
    return dead


if __name__ == "__main__":
    found = dead_links(Path(sys.argv[1]).resolve())
    sys.exit("\n".join(["Dead links:", *found]) if found else 0)

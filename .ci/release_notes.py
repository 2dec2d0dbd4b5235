"""Write the newest notes of CHANGES.md to build/notes.md: ``python .ci/release_notes.py [TAG]``.

The version of CHANGES.md must be that of the package. With a tag, the tag must match it and the notes must have a date.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def main(tag: str = "") -> str | None:
    """Write the notes and return None, or return what is wrong."""
    source = (ROOT / "src" / "aldis" / "__init__.py").read_text(encoding="utf-8")
    [version] = re.findall(r'^__version__ = "(.+)"$', source, re.MULTILINE)
    changes = (ROOT / "CHANGES.md").read_text(encoding="utf-8")
    heading, _, text = changes.split("\n## ")[1].partition("\n")
    if heading.split()[0] != version:
        return f"The version of aldis is {version}, but the newest notes in CHANGES.md are for {heading}"
    dated = re.search(r"\d{4}-\d\d-\d\d", heading)
    if tag and tag != f"v{version}":
        return f"The tag is {tag}, but the version of aldis is {version}"
    if tag and not dated:
        return f"The notes for {version} in CHANGES.md have no date"
    notes = ROOT / "build" / "notes.md"
    notes.parent.mkdir(exist_ok=True)
    notes.write_text(f"{text.strip()}\n", encoding="utf-8")
    print(f"Wrote the notes for {heading} to build/notes.md")
    if not dated:
        print(f"The notes for {version} have no date yet. A release needs one.")
    return None


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

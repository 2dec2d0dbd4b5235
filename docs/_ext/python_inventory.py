"""Lets references to Python's own names link to docs.python.org, without a network at build time.

Intersphinx reads an inventory of names from a file. This extension writes that file for the few names that our pages
use. A name that is missing here is a warning of the build, as any unknown reference is.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

NAMES = {
    "class": {
        "weakref.ref": "library/weakref.html",
        "asyncio.TaskGroup": "library/asyncio-task.html",
        "contextlib.ExitStack": "library/contextlib.html",
        "typing.Protocol": "library/typing.html",
        "collections.abc.Callable": "library/collections.abc.html",
    },
    "exception": {
        "ExceptionGroup": "library/exceptions.html",
        "ResourceWarning": "library/exceptions.html",
        "RuntimeError": "library/exceptions.html",
        "TypeError": "library/exceptions.html",
        "ImportError": "library/exceptions.html",
        "KeyError": "library/exceptions.html",
        "KeyboardInterrupt": "library/exceptions.html",
        "SystemExit": "library/exceptions.html",
    },
    "data": {
        "sys.modules": "library/sys.html",
    },
    "function": {
        "inspect.iscoroutinefunction": "library/inspect.html",
        "warnings.warn": "library/warnings.html",
    },
}


def write(path: Path) -> None:
    """Write the inventory, in version 2 of Sphinx's format."""
    head = "# Sphinx inventory version 2\n# Project: Python\n# Version: 3\n# The rest is compressed by zlib.\n"
    rows = [f"{name} py:{kind} 1 {page}#{name} -\n" for kind, pages in NAMES.items() for name, page in pages.items()]
    path.write_bytes(head.encode() + zlib.compress("".join(rows).encode()))


def set_up_mapping(app: Any, config: Any) -> None:
    path = Path(app.doctreedir) / "python.inv"
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path)
    config.intersphinx_mapping = {"python": ("https://docs.python.org/3", str(path))}


def setup(app: Any) -> dict[str, bool]:
    app.connect("config-inited", set_up_mapping, priority=100)  # before intersphinx reads the mapping
    return {"parallel_read_safe": True}

"""Put aldis in blinker's place."""

from __future__ import annotations

import sys


def install_as_blinker() -> None:
    """Make ``import blinker`` import aldis, in this process and from now on.

    Call it before anything imports blinker, for example before you import Flask. A second call changes nothing.

    :raises RuntimeError: if the real blinker is already imported.
    """
    import aldis

    from . import _identity, signals

    if getattr(sys.modules.get("blinker"), "__name__", None) == "blinker":
        import shlex

        command = shlex.join([*sys.orig_argv[:1], "-m", "aldis", *sys.orig_argv[1:]])
        raise RuntimeError(
            f"aldis cannot take blinker's place: blinker is already imported{_importers()}. Start the program with"
            f" `{command}`, or call aldis.install_as_blinker() before the first import of blinker."
        )
    sys.modules.update({"blinker": aldis, "blinker.base": signals, "blinker._utilities": _identity})
    # `import blinker.base` binds "blinker", and the program then asks it for "base".
    aldis.__dict__.update(base=signals, _utilities=_identity)


def _importers() -> str:
    """Return the first three modules that have imported blinker, with file and line."""
    import linecache
    import re

    blinker = sys.modules["blinker"]
    parts = (blinker, blinker.Signal, blinker.NamedSignal, blinker.Namespace, blinker.signal)
    identities = set(map(id, parts))
    found = []
    # A finished import moves its module to the end. So the first module that imported blinker stands behind it.
    names = list(sys.modules)
    place = names.index("blinker") + 1
    for name in names[place:] + names[:place]:
        variables = dict(getattr(sys.modules[name], "__dict__", {}))
        if identities.intersection(map(id, variables.values())):
            file = variables.get("__file__") or ""
            for number, line in enumerate(linecache.getlines(file, variables), 1):
                if re.match(r"\s*(from|import)\b.*\bblinker\b", line):
                    found.append(f"{name} ({file}:{number})")
                    break
    return f" by {', '.join(found[:3])}" if found else ""

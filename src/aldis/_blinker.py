"""Put aldis in blinker's place."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType


def install_as_blinker() -> None:
    """Make ``import blinker`` import aldis, in this process and from now on.

    Call it before anything imports blinker, for example before you import Flask. A second call changes nothing.

    :raises RuntimeError: if the real blinker is already imported.

    .. versionadded:: 1.0
    """
    import aldis

    from . import signals

    real = {
        name: module
        for name, module in list(sys.modules.items())
        if name.partition(".")[0] == "blinker" and _is_from_blinker(module)
    }
    if real:
        importers = ", ".join(_importers(real)[:3])
        by = f" by {importers}" if importers else ""
        raise RuntimeError(
            f"aldis cannot take blinker's place: blinker is already imported{by}."
            f" Start the program with `{_command()}`, or call aldis.install_as_blinker() before the first import of"
            " blinker."
        )
    sys.modules.update({"blinker": aldis, "blinker.base": signals, "blinker._utilities": signals})
    # `import blinker.base` binds "blinker", and the program then asks it for "base".
    aldis.base = signals  # type: ignore[attr-defined]
    aldis._utilities = signals  # type: ignore[attr-defined]


def _is_from_blinker(value: object) -> bool:
    """Tell whether a module, a class or a function comes from the real blinker."""
    home = getattr(value, "__name__" if isinstance(value, type(sys)) else "__module__", None)
    return isinstance(home, str) and home.partition(".")[0] == "blinker"


def _importers(real: dict[str, ModuleType]) -> list[str]:
    """Return where blinker was imported, the first import in front: module names, with file and line if possible."""
    modules = list(sys.modules.items())
    parts = [part for module in real.values() for part in (module, *vars(module).values())]
    held = {id(part) for part in parts if _is_from_blinker(part)}
    importers = {}
    for place, (name, module) in enumerate(modules):
        values = list(getattr(module, "__dict__", {}).values())
        if name not in real and any(id(value) in held for value in values):
            importers[name] = place
    # A finished import moves its module to the end of sys.modules, so the next module after blinker imported it.
    last = max(place for place, (name, _) in enumerate(modules) if name in real)
    names = sorted(importers, key=lambda name: (importers[name] < last, abs(importers[name] - last)))
    # A module without such a line got its part of blinker from another.
    return list(filter(None, map(_import_line, names))) or names


def _import_line(name: str) -> str | None:
    """Return the module's name with file and line of its first import of blinker, or None."""
    import linecache
    import re

    variables = vars(sys.modules[name])
    file = variables.get("__file__")
    for number, line in enumerate(linecache.getlines(file, variables) if file else [], 1):
        if re.match(r"\s*(from\s+blinker\b|import\s+([^#]*,\s*)?blinker\b)", line):
            return f"{name} ({file}:{number})"
    return None


def _command() -> str:
    """Return the command line that starts this program with aldis in blinker's place."""
    import shlex
    import shutil

    words = list(sys.orig_argv)
    for place, word in enumerate(words[:2]):
        name = os.path.basename(word)
        if shutil.which(name) == word:
            words[place] = name
    command = shlex.join([*words[:1], "-m", "aldis", *words[1:]])
    return command if len(words) > 1 and len(command) < 200 and "\n" not in command else "python -m aldis …"


def missing_core() -> str | None:
    """Return why the compiled core is missing and what to do, or None if it is there or nobody expects it."""
    from ._core import why_pure

    if why_pure is None or sys.implementation.name != "cpython" or os.environ.get("ALDIS_PURE_PYTHON") == "1":
        return None
    return (
        f"aldis runs on its pure-Python core, which is slower: {why_pure}. Set ALDIS_EXTENSION=1 and run"
        f" `{sys.executable} -m pip install --force-reinstall --no-deps --no-cache-dir aldis`: it installs a wheel if"
        " there is one for this Python, and otherwise needs a C compiler and shows what the build lacks."
        " ALDIS_PURE_PYTHON=1 accepts the pure core."
    )


def warn_if_core_is_missing() -> None:
    """Warn the module that imports aldis, in debug mode, if the compiled core is missing."""
    from ._debug import DEBUG

    message = missing_core() if DEBUG else None
    if message:
        import warnings

        warnings.warn(message, RuntimeWarning, stacklevel=3)

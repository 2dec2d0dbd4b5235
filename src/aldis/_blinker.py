"""Standing in for blinker."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType


def _holders(real: dict[str, ModuleType]) -> list[str]:
    """Return the names of the modules that hold something of the real blinker."""
    held = {id(module) for module in real.values()}
    held |= {id(value) for module in real.values() for value in vars(module).values() if _is_of_blinker(value)}
    return sorted(
        name
        for name, module in list(sys.modules.items())
        if name not in real
        and any(id(v) in held or _is_of_blinker(type(v)) for v in list(getattr(module, "__dict__", {}).values()))
    )


def _is_of_blinker(value: object) -> bool:
    module = getattr(value, "__module__", None)
    return isinstance(module, str) and module.partition(".")[0] == "blinker"


def install_as_blinker() -> None:
    """Put aldis where ``import blinker`` finds it, for this process and all that it imports from now on.

    Calling it again does no harm.

    :raises RuntimeError: when the real blinker is imported already. Call this first, before Flask for example.

    .. versionadded:: 1.0
    """
    import aldis

    from . import _identity, signals

    ours = {"blinker": aldis, "blinker.base": signals, "blinker._utilities": _identity}
    real = {
        name: module
        for name, module in list(sys.modules.items())
        if name.partition(".")[0] == "blinker" and module is not None and module is not ours.get(name)
    }
    if real:
        holders = _holders(real)
        by = f" by {', '.join(holders)}" if holders else ""
        raise RuntimeError(
            f"blinker is already imported{by}, and signals of both kinds do not meet. Call aldis.install_as_blinker()"
            " first, before anything imports blinker, or start the program with python -m aldis."
        )
    sys.modules.update(ours)
    # `import blinker.base` binds "blinker" and goes on by attribute.
    aldis.base = signals  # type: ignore[attr-defined]
    aldis._utilities = _identity  # type: ignore[attr-defined]

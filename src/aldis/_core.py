"""The only switch between the cores.

``ALDIS_PURE_PYTHON`` in the environment decides. Unset: the compiled core where there is one. ``0``: the compiled core,
or an ``ImportError``. ``1``: the pure core.
"""

from __future__ import annotations

import os
import sys

from ._debug import DEBUG

__all__ = ["Dispatch", "complete", "set_bypass"]

TYPE_CHECKING = False
_chosen = os.environ.get("ALDIS_PURE_PYTHON", "")
if _chosen not in ("", "0", "1"):
    raise ImportError(f"ALDIS_PURE_PYTHON must be 0, 1 or unset, not {_chosen!r}.")

why_pure: str | None = None
advice = ""  # for CPython without a compiled core
if TYPE_CHECKING or _chosen == "1":
    from ._dispatch import Dispatch, complete, set_bypass

    why_pure = "ALDIS_PURE_PYTHON=1 asks for the pure core"
else:
    try:
        from ._dispatch_c import Dispatch, complete, set_bypass
    except ImportError as error:
        why_pure = f"the compiled core cannot be imported: {error}"
        pip = f"{sys.executable} -m pip install --force-reinstall --no-deps --no-cache-dir aldis"
        steps = (
            f"Set ALDIS_EXTENSION=1 and run `{pip}`: it installs a wheel, or shows why aldis cannot be compiled."
            " Or set ALDIS_PURE_PYTHON=1 to accept the pure core."
        )
        if _chosen == "0":
            raise ImportError(f"ALDIS_PURE_PYTHON=0 requires the compiled core, and {why_pure}. {steps}") from error
        message = f"aldis runs on its pure-Python core, which is slower: {why_pure}. {steps}"
        advice = message if sys.implementation.name == "cpython" else ""
        from ._dispatch import Dispatch, complete, set_bypass

if DEBUG and advice:
    import warnings

    warnings.warn(advice, RuntimeWarning, stacklevel=3)

accelerated: bool = why_pure is None

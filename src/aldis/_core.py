"""The only switch between the cores.

``ALDIS_PURE_PYTHON`` in the environment chooses: unset, the compiled core where there is one; ``0``, the compiled core
or an ``ImportError``; ``1``, the pure one.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

    from ._core_py import Core as Core

    why_pure: str | None = None
else:
    _chosen = os.environ.get("ALDIS_PURE_PYTHON", "")
    if _chosen not in ("", "0", "1"):
        raise ImportError(f"ALDIS_PURE_PYTHON must be 0, 1 or unset, not {_chosen!r}.")
    why_pure = "ALDIS_PURE_PYTHON=1 asks for the pure core"
    if _chosen != "1":
        try:
            from ._core_c import Core as Core

            why_pure = None
        except ImportError as error:
            why_pure = f"the compiled core cannot be imported: {error}"
            if _chosen == "0":
                raise ImportError(
                    f"ALDIS_PURE_PYTHON=0 requires the compiled core, and {why_pure}. Install a wheel for this Python,"
                    " or build aldis with ALDIS_EXTENSION=1 to see what the build lacks, or unset ALDIS_PURE_PYTHON."
                ) from error
    if why_pure:
        from ._core_py import Core as Core

accelerated: bool = why_pure is None
"""Is the compiled core in use?

.. versionadded:: 1.0
"""


def signals_on(core: str) -> ModuleType:
    """Return a module like ``aldis.signals`` whose signals run on the named core, beside the one in use.

    For tests and benchmarks, which hold the cores against each other in one process.

    :param core: ``"compiled"`` or ``"pure"``.
    :raises ImportError: when that core is not there.

    .. versionadded:: 1.0
    """
    import sys
    from importlib import import_module, util

    if core == ("compiled" if accelerated else "pure"):
        return import_module("aldis.signals")
    name = f"aldis._signals_{core}"
    if name not in sys.modules:
        beside = import_module({"compiled": "aldis._core_c", "pure": "aldis._core_py"}[core])
        spec = util.spec_from_file_location(name, import_module("aldis.signals").__file__)
        assert spec is not None and spec.loader is not None
        module = util.module_from_spec(spec)
        module.__dict__["Core"] = beside.Core
        spec.loader.exec_module(module)
        sys.modules[name] = module
    return sys.modules[name]

"""Both cores in one process, for tests and benchmarks."""

from __future__ import annotations

import sys
from importlib import import_module, util
from types import ModuleType

from . import _core, signals


def signals_on(core: str) -> ModuleType:
    """Return a module like ``aldis.signals`` whose signals run on the named core.

    :param core: ``"compiled"`` or ``"pure"``.
    :raises ImportError: when that core is not there.
    """
    if core == ("compiled" if _core.accelerated else "pure"):
        return signals
    name = f"aldis._signals_{core}"
    if name not in sys.modules:
        other = import_module({"compiled": "aldis._dispatch_c", "pure": "aldis._dispatch"}[core])
        spec = util.spec_from_file_location(name, signals.__file__)
        assert spec is not None and spec.loader is not None
        module = util.module_from_spec(spec)
        sys.modules["aldis._core"] = other  # what signals.py imports from there, the other core has, too
        try:
            spec.loader.exec_module(module)
        finally:
            sys.modules["aldis._core"] = _core
        sys.modules[name] = module
    return sys.modules[name]

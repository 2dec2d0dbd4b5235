"""Both cores in one process, for tests and benchmarks."""

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module, util
from types import ModuleType

from . import _core, signals


@cache
def signals_on(core: str) -> ModuleType:
    """Return a module like ``aldis.signals`` whose signals run on the core ``"compiled"`` or ``"pure"``."""
    if core == ("compiled" if _core.accelerated else "pure"):
        return signals
    other = import_module({"compiled": "aldis._dispatch_c", "pure": "aldis._dispatch"}[core])
    spec = util.spec_from_file_location(f"aldis._signals_{core}", signals.__file__)
    assert spec and spec.loader
    module = sys.modules[spec.name] = util.module_from_spec(spec)
    sys.modules["aldis._core"] = other  # what signals.py imports from there, the other core has, too
    try:
        spec.loader.exec_module(module)
    finally:
        sys.modules["aldis._core"] = _core
    return module

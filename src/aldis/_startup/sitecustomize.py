"""Python imports this at startup if ``python -m aldis`` has put its folder on PYTHONPATH."""

import os
import sys
from importlib.util import find_spec

_here = os.path.dirname(__file__)
sys.path[:] = [entry for entry in sys.path if entry != _here]
_this = sys.modules.pop("sitecustomize")

try:
    if find_spec("aldis"):  # another Python, or another environment, may not have it
        import aldis.as_blinker  # noqa: F401
finally:
    if find_spec("sitecustomize"):
        import sitecustomize  # type: ignore[import-not-found]  # noqa: F401 - the next one on the path
    else:
        sys.modules["sitecustomize"] = _this

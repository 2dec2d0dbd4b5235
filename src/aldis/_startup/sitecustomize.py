"""Python imports this at startup if ``python -m aldis`` has put its folder on PYTHONPATH."""

import os
import sys
from importlib.util import find_spec

sys.path[:] = [entry for entry in sys.path if entry != os.path.dirname(__file__)]
try:
    if find_spec("aldis"):  # another Python, or another environment, may not have it
        import aldis.as_blinker  # noqa: F401
finally:
    this = sys.modules.pop("sitecustomize")
    if find_spec("sitecustomize"):
        import sitecustomize  # type: ignore[import-not-found]  # noqa: F401 - the next one on the path
    else:
        sys.modules["sitecustomize"] = this

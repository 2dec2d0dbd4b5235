"""The only switch between the cores.

``ALDIS_PURE_PYTHON`` in the environment decides. Unset: the compiled core where there is one. ``0``: the compiled core,
or an ``ImportError``. ``1``: the pure core.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._dispatch import Dispatch as Dispatch
    from ._dispatch import complete as complete
    from ._dispatch import set_bypass as set_bypass

    why_pure: str | None = None
else:
    _chosen = os.environ.get("ALDIS_PURE_PYTHON", "")
    if _chosen not in ("", "0", "1"):
        raise ImportError(f"ALDIS_PURE_PYTHON must be 0, 1 or unset, not {_chosen!r}.")
    why_pure = "ALDIS_PURE_PYTHON=1 asks for the pure core"
    if _chosen != "1":
        try:
            from ._dispatch_c import Dispatch as Dispatch
            from ._dispatch_c import complete as complete
            from ._dispatch_c import set_bypass as set_bypass

            why_pure = None
        except ImportError as error:
            why_pure = f"the compiled core cannot be imported: {error}"
            if _chosen == "0":
                raise ImportError(
                    f"ALDIS_PURE_PYTHON=0 requires the compiled core, and {why_pure}. Install a wheel for this Python,"
                    " or build aldis with ALDIS_EXTENSION=1 to see what the build lacks, or unset ALDIS_PURE_PYTHON."
                ) from error
    if why_pure:
        from ._dispatch import Dispatch as Dispatch
        from ._dispatch import complete as complete
        from ._dispatch import set_bypass as set_bypass

accelerated: bool = why_pure is None
"""Whether the compiled core is in use."""

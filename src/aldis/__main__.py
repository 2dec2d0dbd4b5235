"""Run a program with aldis in blinker's place, or tell about this installation.

python -m aldis -m MODULE ARGUMENTS…
python -m aldis SCRIPT ARGUMENTS…
python -m aldis
"""

from __future__ import annotations

import os
import runpy
import sys
from pkgutil import get_importer


def report() -> str:
    """Return version, core in use and Python, and why the compiled core is missing where it is."""
    from aldis import __version__
    from aldis._core import why_pure

    core = "compiled core" if why_pure is None else f"pure core ({why_pure})"
    python = f"{sys.implementation.name} {sys.version.split()[0]}"
    return f"aldis {__version__}, {core}, on {python} at {sys.executable}"


def main(arguments: list[str]) -> None:
    """Carry out ``python -m aldis ARGUMENTS…``."""
    from aldis import install_as_blinker

    if not arguments:
        print(report())
    elif arguments[0] in ("-h", "--help"):
        print(__doc__)
    elif arguments[0] == "-m":
        if len(arguments) < 2:
            sys.exit("python -m aldis: -m needs the name of a module")
        install_as_blinker()
        sys.argv = arguments[1:]
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    elif arguments[0].startswith("-"):
        sys.exit(f"python -m aldis: unknown option {arguments[0]}; see python -m aldis --help")
    else:
        install_as_blinker()
        sys.argv = arguments
        if not getattr(sys.flags, "safe_path", False):
            del sys.path[0]
            if get_importer(arguments[0]) is None:  # a file; folders and archives add themselves
                sys.path.insert(0, os.path.dirname(os.path.abspath(arguments[0])))
        runpy.run_path(arguments[0], run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1:])

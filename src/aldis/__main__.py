"""Run a program, and its child processes, with aldis in blinker's place.

python -m aldis flask run         run a console script
python -m aldis -m flask run      run a module
python -m aldis app.py            run a script
python -m aldis -c CODE           run code
python -m aldis                   show the version, the core in use and the Python

Options of Python itself, such as -X dev, can stand before or after "-m aldis".
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import sysconfig

from . import __version__
from ._core import advice, why_pure


def main() -> None:
    arguments = sys.argv[1:]
    if not arguments:
        core = "compiled core" if why_pure is None else f"pure core ({why_pure})"
        python = f"{sys.implementation.name} {sys.version.split()[0]} at {sys.executable}"
        print(f"aldis {__version__}, {core}, on {python}\n{advice}".rstrip())
    elif arguments[0] in ("-h", "--help"):
        print(__doc__)
    elif sys.flags.ignore_environment or re.match("-[bBdiOPqRsuvx]*[EIS]", arguments[0]):
        sys.exit("python -m aldis: the options -E, -I and -S hide aldis from the program. Leave them out.")
    else:
        run(arguments)


def run(arguments: list[str]) -> None:
    """Replace this process by the program: this Python with its options, or a binary such as uwsgi."""
    startup = os.path.join(os.path.dirname(__file__), "_startup")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [startup, os.environ.get("PYTHONPATH")]))
    options = sys.orig_argv[1 : -len(arguments)]
    last = options.pop().removesuffix("aldis") or options.pop()  # "-m" "aldis", "-maldis" or "-um" "aldis"
    python = [sys.executable, *options, *[last.removesuffix("m")] * (last != "-m")]
    name = arguments[0]
    script = shutil.which(name, path=sysconfig.get_path("scripts")) or shutil.which(name)
    if script and not name.startswith("-") and not os.path.isfile(name):
        arguments = [script, *arguments[1:]]
        with open(script, "rb") as file:
            if not re.match(rb"#!(.*|.*\n'''exec' .*)(python|pypy)", file.read(1000)):
                python = []
    command = [*python, *arguments]
    if os.name == "nt":  # no cover: Windows, where exec does not keep the process
        import signal
        import subprocess

        signal.signal(signal.SIGINT, signal.SIG_IGN)
        sys.exit(subprocess.call(command))
    os.execv(command[0], command)


if __name__ == "__main__":
    main()

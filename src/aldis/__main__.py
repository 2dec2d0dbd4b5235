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

from ._blinker import missing_core


def report() -> str:
    """Return the version, the core in use and the Python, and what to do if the compiled core is missing."""
    from aldis import __version__
    from aldis._core import why_pure

    core = "compiled core" if why_pure is None else f"pure core ({why_pure})"
    python = f"{sys.implementation.name} {sys.version.split()[0]}"
    lines = [f"aldis {__version__}, {core}, on {python} at {sys.executable}", missing_core()]
    return "\n".join(filter(None, lines))


def command_for(arguments: list[str]) -> list[str]:
    """Return the command that runs the program: this Python with its options, or a binary such as uwsgi."""
    name = arguments[0]
    if not name.startswith("-") and not os.path.isfile(name):
        script = shutil.which(name, path=sysconfig.get_path("scripts")) or shutil.which(name)
        if script:
            arguments = [script, *arguments[1:]]
            with open(script, "rb") as file:
                is_python = re.match(rb"#!(.*|.*\n'''exec' .*)(python|pypy)", file.read(1000))
            if not is_python:
                return arguments
    options = sys.orig_argv[1 : len(sys.orig_argv) - len(sys.argv) + 1]
    last = options.pop().removesuffix("aldis") or options.pop()  # "-m" "aldis", "-maldis" or "-um" "aldis"
    if last != "-m":
        options.append(last.removesuffix("m"))
    return [sys.executable, *options, *arguments]


def main(arguments: list[str]) -> None:
    """Carry out ``python -m aldis ARGUMENTS…``."""
    if not arguments:
        print(report())
        return
    if arguments[0] in ("-h", "--help"):
        print(__doc__)
        return
    if sys.flags.ignore_environment or re.match("-[bBdiOPqRsuvx]*[EIS]", arguments[0]):
        sys.exit(
            "python -m aldis: the options -E, -I and -S hide aldis from the program. Leave them out, or call"
            " aldis.install_as_blinker() in the program."
        )
    startup = os.path.join(os.path.dirname(os.path.abspath(__file__)), "_startup")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [startup, os.environ.get("PYTHONPATH")]))
    command = command_for(arguments)
    if os.name == "nt":  # no cover: Windows, where exec does not keep the process
        import signal
        import subprocess

        signal.signal(signal.SIGINT, signal.SIG_IGN)
        sys.exit(subprocess.call(command))
    os.execv(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])

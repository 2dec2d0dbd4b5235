"""A short use of the compiled core under valgrind, which sees reads and writes of memory that is not there to be used.

``python tests/memcheck.py`` runs itself under valgrind, and fails if there are errors of the core; what the interpreter
leaves uninitialized or never frees is its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

VALGRIND = "valgrind", "--quiet", "--leak-check=full", "--show-leak-kinds=definite", "--num-callers=40", "--xml=yes"


def use() -> None:
    from comings import COMINGS, ROUND, World

    from aldis._core import signals_on

    world = World(signals_on("compiled"))
    for turn in COMINGS.values():
        world.repeat(turn, ROUND)


def errors(report: Path) -> list[str]:
    """Return the errors of the compiled core, each with what it was running at that moment."""
    found = []
    for error in ElementTree.parse(report).iter("error"):
        kind = error.findtext("kind", "")
        lines = [f"{kind}: {error.findtext('what') or error.findtext('xwhat/text')}"]
        for stack in error.iter("stack"):
            for frame in stack.iter("frame"):
                if frame.findtext("fn") == "_PyEval_EvalFrameDefault":
                    break  # what has called Python code isn't to blame for what that does
                lines.append(f"    {frame.findtext('fn')}, {Path(frame.findtext('obj', '')).name}")
            lines.append("")
        # Who reads what isn't there any more need not be the one who has let go of it.
        if kind.startswith("Invalid") or any("_core_c" in line for line in lines):
            found.append("\n".join(lines))
    return found


if __name__ == "__main__":
    if sys.argv[1:] == ["use"]:
        use()
    else:
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder, "report.xml")
            command = *VALGRIND, f"--xml-file={report}", sys.executable, __file__, "use"
            done = subprocess.run(command, env={**os.environ, "PYTHONMALLOC": "malloc"})
            found = errors(report)
        print(*found, f"{len(found)} errors", sep="\n")
        sys.exit(bool(found or done.returncode))

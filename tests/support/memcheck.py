"""Run every workload on the compiled core under valgrind, and fail on each error of the core.

``python tests/support/memcheck.py`` ignores what the interpreter leaves uninitialized or never frees.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

VALGRIND = "valgrind", "--quiet", "--leak-check=full", "--show-leak-kinds=definite", "--num-callers=40", "--xml=yes"
EXTENSIONS = "_endpoints_c", "_table_c", "_snapshots_c", "_dispatch_c"


def use() -> None:
    from support.workloads import CYCLE, WORKLOADS, Workloads

    from aldis._cores import signals_on

    fixtures = Workloads(signals_on("compiled"))
    for workload in WORKLOADS:
        fixtures.repeat(workload, CYCLE)


def errors(report: Path) -> list[str]:
    """Return the errors of the compiled core, each with its call stacks down to the nearest Python frame."""
    found = []
    for error in ElementTree.parse(report).iter("error"):
        kind = error.findtext("kind", "")
        lines = [f"{kind}: {error.findtext('what') or error.findtext('xwhat/text')}"]
        for stack in error.iter("stack"):
            for frame in stack.iter("frame"):
                if frame.findtext("fn") == "_PyEval_EvalFrameDefault":
                    break
                lines.append(f"    {frame.findtext('fn')}, {Path(frame.findtext('obj', '')).name}")
            lines.append("")
        if kind.startswith("Leak") and any(" PyModule_ExecDef," in line for line in lines):
            continue  # allocated once, by an import
        # The code that reads freed memory need not be the code that freed it, so every invalid access counts.
        if kind.startswith("Invalid") or any(name in line for line in lines for name in EXTENSIONS):
            found.append("\n".join(lines))
    return found


if __name__ == "__main__":
    if sys.argv[1:] == ["use"]:
        use()
    else:
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder, "report.xml")
            command = *VALGRIND, f"--xml-file={report}", sys.executable, "-m", "support.memcheck", "use"
            environment = {**os.environ, "PYTHONMALLOC": "malloc"}
            done = subprocess.run(command, cwd=Path(__file__).parents[1], env=environment)
            found = errors(report)
        print(*found, f"{len(found)} errors", sep="\n")
        sys.exit(bool(found or done.returncode))

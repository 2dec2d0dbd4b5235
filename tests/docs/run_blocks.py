"""Run the Python blocks of one page, in a process of their own: ``python run_blocks.py PAGE``."""

from __future__ import annotations

import sys
from pathlib import Path

from sybil import Sybil
from sybil.parsers.myst import PythonCodeBlockParser

if __name__ == "__main__":
    document = Sybil([PythonCodeBlockParser()]).parse(Path(sys.argv[1]))
    document.namespace["__name__"] = "__main__"
    examples = list(document.examples())
    for example in examples:
        example.evaluate()
    print(len(examples), "blocks")

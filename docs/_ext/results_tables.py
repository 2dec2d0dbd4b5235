"""Reads the committed benchmark results in docs/results and shows them: ``{results-tables}`` in a page."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[1]

BLINKER = "blinker"
COMPILED = "aldis compiled"
PURE = "aldis pure"

CASES = {
    "send: 1 function": "send to 1 receiver",
    "send: 10 functions": "send to 10 receivers",
    "send: 100 functions": "send to 100 receivers",
    "send: 10 functions, 2 keywords": "send to 10 receivers, with 2 keywords",
    "send: 10 methods": "send to 10 methods",
    "send: 1 of 1,000 senders": "send by 1 of 1,000 senders, each with a receiver",
    "send: 0 functions, as Flask sends": "send without a receiver, as Flask sends",
    "changes: connect and disconnect": "connect and disconnect",
}


@dataclass
class Run:
    """One run of the benchmarks, on one Python."""

    path: Path
    facts: dict[str, Any]
    figures: dict[tuple[str, str], dict[str, float]]  # by case and library; seconds per operation

    @property
    def python(self) -> str:
        """The Python, for example "CPython 3.13" or "CPython 3.13t" where there is no GIL."""
        version = ".".join(self.facts["python"].split(".")[:2])
        return f"{self.facts['implementation']} {version}{'' if self.facts['gil'] else 't'}"

    def time(self, case: str, library: str) -> float | None:
        """Return the time of a case, in seconds: the least that was measured."""
        figure = self.figures.get((case, library))
        return figure["value"] if figure else None

    def faster(self, case: str, library: str) -> tuple[float, float, float] | None:
        """Return how many times faster than blinker a library is: at least, measured, at most."""
        blinker, other = self.figures.get((case, BLINKER)), self.figures.get((case, library))
        if not blinker or not other:
            return None
        low = blinker["value"] / (other["value"] + other["spread"])
        return low, blinker["value"] / other["value"], (blinker["value"] + blinker["spread"]) / other["value"]


def read(path: Path) -> Run:
    """Read a file of results."""
    data = json.loads(path.read_text())
    figures = {
        (f"{row['section']}: {row['title']}", library): figure
        for row in data["rows"]
        for library, figure in row["figures"].items()
        if figure["measurable"]
    }
    return Run(path, data["run"], figures)


def read_all() -> list[Run]:
    """Read all committed results: CPython by version, then PyPy."""
    runs = [read(path) for path in (DOCS / "results").glob("*.json")]
    return sorted(runs, key=lambda run: (not run.python.startswith("CPython"), len(run.python), run.python))


def shown(seconds: float) -> str:
    """Return a time with its unit, in two digits."""
    unit, name = (1e-9, "ns") if seconds < 0.995e-6 else (1e-6, "µs")
    value = float(f"{seconds / unit:.2g}")
    return f"{value:.2g} {name}" if value < 10 else f"{value:.0f} {name}"


def ratio(number: float) -> str:
    """Return a ratio in two digits."""
    return f"{number:.1f}×" if number < 9.95 else f"{number:.0f}×"


def tables(runs: list[Run]) -> str:
    """Return the page's tables, in Markdown."""
    lines = []
    for case, title in CASES.items():
        rows = []
        for run in runs:
            cells = [run.python]
            for library in (BLINKER, PURE, COMPILED):
                time, faster = run.time(case, library), run.faster(case, library)
                times = f" ({ratio(faster[1])})" if faster and library != BLINKER else ""
                cells.append(f"{shown(time)}{times}" if time else "–")
            rows.append(f"| {' | '.join(cells)} |")
        if rows:
            lines += [f"## {title[0].upper()}{title[1:]}", ""]
            lines += ["| Python | blinker | pure | compiled |", "|---|--:|--:|--:|", *rows, ""]
    lines += ["## The runs", ""]
    for run in runs:
        facts = run.facts
        lines.append(
            f"- {run.python}: {facts['python']}, {facts['date'][:10]}, blinker {facts['packages']['blinker']},"
            f" {facts['machine']}, `{facts['command']}`."
            f' <a href="reports/{run.path.stem}/report.html">The full report</a>.'
        )
    return "\n".join(lines)


def setup(app: Any) -> dict[str, bool]:
    from sphinx.util.docutils import SphinxDirective

    class ResultsTables(SphinxDirective):
        def run(self) -> list[Any]:
            runs = read_all()
            for run in runs:
                self.env.note_dependency(str(run.path))
            return self.parse_text_to_nodes(tables(runs), allow_section_headings=True)

    app.add_directive("results-tables", ResultsTables)
    return {"parallel_read_safe": True}

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
    "send: 1 function": "1 receiver",
    "send: 10 functions": "10 receivers",
    "send: 100 functions": "100 receivers",
    "send: 10 functions, 2 keywords": "10 receivers, 2 keywords",
    "send: 10 methods": "10 methods",
    "send: 1 of 1,000 senders": "1 of 1,000 senders, each with a receiver",
    "send: as Flask sends, 0 functions": "no receiver, as Flask sends",
    "changes: connect and disconnect": "connect and disconnect",
}


@dataclass
class Run:
    """One run of the benchmarks, on one Python."""

    path: Path
    machine: dict[str, Any]
    facts: dict[str, Any]
    date: str
    stats: dict[tuple[str, str], dict[str, float]]  # by case and library; seconds per operation

    @property
    def python(self) -> str:
        """The Python, for example "CPython 3.13" or "CPython 3.13t" where there is no GIL."""
        version = ".".join(self.machine["python_version"].split(".")[:2])
        return f"{self.machine['python_implementation']} {version}{'' if self.facts['gil'] else 't'}"

    def time(self, case: str, library: str) -> float | None:
        """Return the median time of a case, in seconds."""
        stats = self.stats.get((case, library))
        return stats["median"] if stats else None

    def faster(self, case: str, library: str) -> tuple[float, float, float] | None:
        """Return how many times faster than blinker a library is: lower quartile, median, upper quartile."""
        blinker, other = self.stats.get((case, BLINKER)), self.stats.get((case, library))
        if not blinker or not other:
            return None
        low, high = blinker["q1"] / other["q3"], blinker["q3"] / other["q1"]
        return low, blinker["median"] / other["median"], high


def read(path: Path) -> Run:
    """Read a file of results."""
    data = json.loads(path.read_text())
    stats = {(found["group"], found["extra_info"]["contestant"]): found["stats"] for found in data["benchmarks"]}
    return Run(path, data["machine_info"], data["aldis"], data["datetime"][:10], stats)


def read_all() -> list[Run]:
    """Read all committed results: CPython by version, then PyPy."""
    paths = sorted((DOCS / "results").glob("*.json")) or [DOCS / "results.json"]
    runs = [read(path) for path in paths]
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
    lines += ["## The machines", ""]
    for run in runs:
        cpu = run.machine["cpu"].get("brand_raw", "unknown")
        blinker = run.facts["packages"]["blinker"]
        lines.append(
            f"- {run.python}: {run.machine['python_version']}, {run.date}, blinker {blinker}, {cpu},"
            f" {run.facts['cores']} cores, `{run.facts['command']}`"
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

"""The report: ``report.html``, one file that needs no other, ``report.md`` with the same tables, and the charts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from . import findings
from .colours import slug, variables
from .contestants import BLINKER, COMPILED, LOOP, PURE, SILENT
from .results import Results, Row, times

if TYPE_CHECKING:
    from .charts import Chart

SECTIONS = {
    "send": "send",
    "async": "send_async",
    "lookup": "has_receivers_for and receivers_for",
    "changes": "Connecting, disconnecting, dying",
    "memory": "Memory",
    "threads": "Threads",
    "import": "Import",
    "requests": "Requests to an application",
}


@dataclass
class Table:
    """A table: the first column says what was measured, each other one is a contestant."""

    title: str
    header: list[str]
    rows: list[list[tuple[str, str]]]  # a figure, and how many times faster or smaller than blinker that is
    words: bool = False
    text: str = ""


@dataclass
class Section:
    """A part of the report."""

    id: str
    title: str
    text: list[str] = field(default_factory=list)
    charts: list[Chart] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    legend: bool = False


def figures(results: Results) -> Iterator[Table]:
    """Yield the tables behind the charts."""
    peers = [who for who in results.contestants if who not in (BLINKER, COMPILED, PURE, LOOP, SILENT)]
    for name, title in SECTIONS.items():
        rows = results.section(name)
        if rows:
            yield table(title, rows, [BLINKER, COMPILED, PURE, LOOP, SILENT])
        rows = [row for row in rows if any(peer in row.benchmarks for peer in peers)]
        if rows:
            yield table(f"{title}, other libraries", rows, peers)


def table(title: str, rows: list[Row], contestants: list[str]) -> Table:
    here = [name for name in contestants if any(name in row.benchmarks for row in rows)]
    return Table(title, ["", *here], [line(row, here) for row in rows])


def line(row: Row, contestants: list[str]) -> list[tuple[str, str]]:
    found = [(row.title, "")]
    for name in contestants:
        ratio = row.ratio(name) if name not in (BLINKER, SILENT) else None
        found.append((row.shown(name), times(ratio) if ratio else ""))
    return found


def per_second(what: str, rows: list[Row]) -> list[Table]:
    """Return a table of how many of something a second has, as was found out beside the times."""
    here = [name for name in (BLINKER, COMPILED, PURE, LOOP, SILENT) if any(name in row.benchmarks for row in rows)]
    found = [
        [
            (row.title, ""),
            *((f"{rate:,.0f}" if (rate := row.extra(name, f"{what}_per_second")) else "", "") for name in here),
        ]
        for row in rows
    ]
    return [Table(f"{what.capitalize()} per second", ["", *here], found)] if rows else []


def charts_of(results: Results) -> dict[str, list[Chart]]:
    """Return the charts, by the section of the report that they stand in. Without matplotlib there are none."""
    try:
        from . import charts
    except ImportError:
        return {}

    send = results.section("send")
    plain = [row for row in send if row.info["kind"] == "functions" and row.info["weak"] and row.info["to"] == "any"]
    plain = [row for row in plain if not row.info["muted"] and not row.info["replaced"]]
    flask = [row for row in plain if row.info["flask"]]
    others = [row for row in send if row not in plain]
    memory = results.section("memory")
    kept = [row for row in memory if not row.info["forgotten"]]
    left = [row for row in memory if row.info["forgotten"]]
    left = [row for row in left if row.info["many"] == max(other.info["many"] for other in left)]
    threads = results.section("threads")
    drawn: dict[str, list[Chart | None]] = {
        "gain": [charts.costs(results, keywords) for keywords in (0, 2)],
        "requests": [
            charts.hooks(found.costs, f"hooks-{framework}", f"What hooks cost in a {framework.capitalize()} request")
            for framework in ("flask", "quart")
            if (found := findings.hooks(results, framework))
        ],
        "ratios": [
            charts.ratios(
                [row for row in plain if not row.info["flask"]], "ratios-receivers", "send, by number of receivers"
            ),
            charts.ratios(flask, "ratios-flask", "send, as Flask does it"),
            charts.ratios(others, "ratios-send", "send, by kind of receiver and connection"),
            charts.ratios(results.section("changes"), "ratios-changes", "Connecting, disconnecting, dying"),
            charts.ratios(results.section("async"), "ratios-async", "send_async"),
            charts.ratios(
                [*results.section("lookup"), *results.section("import")], "ratios-lookup", "Asking, and import"
            ),
        ],
        "memory": [
            charts.bars(kept, "memory", "Memory taken by a connection", [row.title for row in kept]),
            charts.bars(left, "memory-left", "Memory left of connections forgotten", [row.title for row in left]),
        ],
        "threads": [
            charts.bars(
                threads,
                "threads",
                "Million sends per second, all threads together",
                [row.title for row in threads],
                "million",
            )
        ],
    }
    return {section: [chart for chart in found if chart] for section, found in drawn.items()}


def sections(results: Results) -> list[Section]:
    """Return the report, but for headline and machine."""
    drawn = charts_of(results)
    found = [
        Section(
            "gain",
            "What do I gain?",
            ["The cost of one send, against the number of receivers, which do nothing: what sending itself costs."],
            drawn.get("gain", []),
            legend=True,
        ),
        Section(
            "requests",
            "When does it matter? Hooks in a web request",
            requests(results),
            drawn.get("requests", []),
            per_second("requests", results.section("requests")),
        ),
        Section(
            "ratios",
            "How much faster, case by case",
            [
                "How many times faster than blinker, the upright mark; to its right is faster, on a logarithmic scale.",
                f"The number is that of {findings.core(results)}.",
            ],
            drawn.get("ratios", []),
            legend=True,
        ),
        Section(
            "memory",
            "Memory",
            [
                "Bytes that Python's allocators hand out for a connection of a function to a sender of its own.",
                findings.left_over(results),
            ],
            drawn.get("memory", []),
        ),
        Section(
            "threads",
            "Threads",
            ["Sends to three functions, all threads together. Where there is a GIL, two threads share one processor."],
            drawn.get("threads", []),
            per_second("sends", results.section("threads")),
        ),
        behind(results),
    ]
    return [section for section in found if section.charts or section.tables or section.id == "behind"]


def requests(results: Results) -> list[str]:
    said = []
    for framework in ("flask", "quart"):
        if found := findings.hooks(results, framework):
            said.append(found.words())
    if said:
        said.append(
            f"Noticeable is more than {findings.NOTICEABLE:.0%} of a request that does no more than render a small"
            " template; one that asks a database takes longer, and its hooks weigh less. Half of the receivers are"
            " connected to the application alone. What hooks cost is the time of a request less that of one whose"
            " signals send nothing."
        )
    return said


def behind(results: Results) -> Section:
    """Tell where others are ahead of a core, and why they can be."""
    found = findings.ahead(results)
    text = (
        "All cells in which another takes at least 3 % less than a core of aldis. Some of the others do less work: how"
        " it differs is told below."
    )
    tables = []
    for section, title in SECTIONS.items():
        rows = [
            [
                (it.row.title, ""),
                (f"{it.core} {it.row.shown(it.core)}", ""),
                (", ".join(f"{other} {it.row.shown(other)}" for other in it.others), ""),
            ]
            for it in found
            if it.row.section == section
        ]
        if rows:
            tables.append(Table(title, ["", "aldis", "ahead"], rows, words=True, text=findings.REASONS[section]))
    return Section("behind", "Where is aldis behind?", [text if tables else "In no cell of this run."], tables=tables)


def write(results: Results, output: Path) -> list[Path]:
    """Write the report and its charts, and return what was written."""
    output.mkdir(parents=True, exist_ok=True)
    parts = sections(results)
    values = {
        "headline": findings.headline(results),
        "typical": findings.typical(results),
        "gains": findings.gains(results),
        "sections": parts,
        "figures": list(figures(results)),
        "machine": findings.machine(results),
        "run": results.machine,
        "contestants": [who for who in results.machine["contestants"] if who["name"] in results.contestants],
        "results": results.path.name,
    }
    here = Path(__file__).parent
    environment = Environment(
        loader=FileSystemLoader(here), autoescape=lambda name: name == "report.html.jinja", trim_blocks=True,
        lstrip_blocks=True, undefined=StrictUndefined, keep_trailing_newline=True,
    )  # fmt: skip
    written = []
    for name in ("report.html", "report.md"):
        style = style_sheet() if name.endswith("html") else ""
        text = environment.get_template(f"{name}.jinja").render(values, style=Markup(style), legend=legend)
        written.append(output / name)
        written[-1].write_text(text, encoding="utf-8")
    for chart in [chart for section in parts for chart in section.charts] + headline_chart(results):
        (output / "charts").mkdir(exist_ok=True)
        (output / "charts" / f"{chart.name}.svg").write_text(chart.file, encoding="utf-8")
    return [*written, results.path]


def headline_chart(results: Results) -> list[Chart]:
    """Return the chart for a README, with a legend of its own."""
    try:
        from .charts import costs
    except ImportError:
        return []
    chart = costs(results, 2, legended=True)
    return [chart] if chart else []


def style_sheet() -> str:
    style = Path(__file__).with_name("report.css").read_text()
    return style.replace("/* colours */", variables(0)).replace("/* dark colours */", variables(1))


def legend(contestants: list[dict[str, str]]) -> list[tuple[str, Markup]]:
    """Return the names of the contestants, each with its mark."""
    marks = {
        COMPILED: '<circle cx="6" cy="6" r="5"/>',
        PURE: '<path d="M6 0l6 6-6 6-6-6z"/>',
        BLINKER: '<path d="M1 1h10v10H1z"/>',
        LOOP: '<path d="M6 0l6 11H0z"/>',
    }
    other = '<path d="M0 5h12v2H0z"/>'
    return [
        (
            who["name"],
            Markup(
                f'<svg viewBox="0 0 12 12" aria-hidden="true" fill="var(--{slug(who["name"])})">'
                f"{marks.get(who['name'], other)}</svg>"
            ),
        )
        for who in contestants
        if who["name"] != SILENT
    ]

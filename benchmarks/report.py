"""The report: ``report.html``, one file that needs no other, and its charts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import geometric_mean
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from .libraries import BLINKER, COMPILED, CORES, LOOP, NOTHING, PURE
from .results import Figure, Results, Row, bytes_, digits, time, times
from .workloads import count

if TYPE_CHECKING:
    from .charts import Chart

SECTIONS = {  # the tables of all figures; a section that is not here follows under its own name
    "send": "send", "new": "Methods that blinker lacks", "async": "send_async", "threads": "Sends in threads",
    "lookup": "Lookups", "operations": "Small operations", "changes": "Connecting and disconnecting",
    "growth": "Operations beside few and many connections", "memory": "Memory",
    "import": "Import", "requests": "Requests to an application",
}  # fmt: skip
SMALL = 0.02  # no smaller difference is claimed
UNSTABLE = 0.1  # the median spread of a run whose figures say little
PURE_REASON = (
    "The pure core does in Python what blinker leaves to sets and dictionaries: it keeps receivers in order of"
    " connection, and each change takes a lock."
)


@dataclass
class Table:
    """A table. A cell may have a second, bold part after " | "."""

    title: str
    header: list[str]
    rows: list[list[str]]
    text: str = ""
    folded: bool = False


@dataclass
class Section:
    id: str
    title: str
    text: list[str]
    charts: list[Chart] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)


def core(results: Results) -> str:
    return COMPILED if COMPILED in results.libraries else PURE


def headline(results: Results) -> str:
    """Return the result in one sentence."""
    name = core(results)
    rows = results.section("send", plain=True, many=10, keywords=2) + results.section("send")
    row, ratio = next(((row, ratio) for row in rows if (ratio := row.ratio(name))), (None, None))
    if row is None or ratio is None:
        return "aldis and blinker, measured"
    many = digits(max(ratio.value, 1 / ratio.value), 1)
    said = f"{many} times as fast as" if ratio.value > 1 else f"{many} times slower than"
    if abs(ratio.value - 1) <= ratio.spread + SMALL:
        said = "about as fast as"
    return f"{'aldis in pure Python' if name == PURE else 'aldis'} sends a signal {said} blinker ({row.title})"


def warnings(results: Results) -> list[str]:
    """Return what a reader should know before any figure."""
    found, (done, planned) = [], results.run["repeats"]
    if results.run["interrupted"]:
        found.append(f"This run was interrupted after {results.run['interrupted']}.")
    elif done < planned:
        found.append(f"This run ended early: all cases were measured {done} times, not {planned} times.")
    if results.spread > UNSTABLE:
        found.append(f"This run is unstable: repeats of the same measurement differ by {results.spread:.0%}."
                     " Close other programs, or find a quieter machine, and run it again.")  # fmt: skip
    return found


def everyday(runs: list[Results]) -> Chart | None:
    """Draw how many times as fast as blinker the everyday cases are: both cores of one run, or one core of several."""
    from .charts import bars

    groups: dict[str, dict[str, Figure | None]] = {}
    for run in runs:
        names = {name: name for name in CORES} if len(runs) == 1 else {core(run): f"Python {run.python}"}
        for row in (row for row in run.rows if row.everyday and any(map(row.ratio, names))):
            groups.setdefault(row.everyday, {}).update({said: row.ratio(name) for name, said in names.items()})
    groups = {label: groups[label] for label in sorted(groups, key=lambda label: not label.startswith("Send"))}
    title, axis = "How many times as fast as blinker", "times as fast as blinker (higher is better)"
    return bars("everyday", title, groups, axis, times, (1.0, BLINKER), width=520)


def less_nothing(row: Row) -> dict[str, Figure]:
    """Return what signals add to a request: the difference to the same request without signals."""
    bare = row.figures.get(NOTHING)
    return {name: its.less(bare) for name, its in row.figures.items() if name != NOTHING and bare}


def scaled(figures: dict[str, Figure], scale: float) -> dict[str, Figure]:
    return {name: its.times(scale) for name, its in figures.items()}


def charts_of(results: Results) -> dict[str, list[Chart | None]]:
    """Return the charts by section. Without matplotlib there are none."""
    try:
        from .charts import bars
    except ImportError:
        return {}

    def requests(framework: str) -> Chart | None:
        rows = results.section("requests", framework=framework)
        groups = {
            f"{count(row.info['many'], 'receivers')} on each signal": scaled(less_nothing(row), 1e6) for row in rows
        }
        name, title = f"requests-{framework.lower()}", f"What signals add to a {framework} request"
        return bars(name, title, groups, "µs a request (lower is better)", lambda its: time(its.times(1e-6)))

    def sends(keywords: int) -> Chart | None:
        names = [name for name in (COMPILED, PURE, LOOP) if name in results.libraries]
        rows, title = results.section("send", plain=True, keywords=keywords), f"A send with {keywords or 'no'} keywords"
        groups = {count(row.info["many"], "receivers"): {name: row.ratio(name) for name in names} for row in rows}
        return bars(
            f"send-{keywords}", title, groups, "times as fast as blinker (higher is better)", times, (1.0, BLINKER)
        )

    def memory(name: str, title: str, forgotten: bool, unit: str, scale: float) -> Chart | None:
        rows = [row for row in results.section("memory") if ("forgotten" in row.info) is forgotten]
        groups = {row.title: scaled(row.figures, 1 / scale) for row in rows}
        return bars(name, title, groups, f"{unit} (lower is better)", lambda its: bytes_(its.value * scale))

    rates = {
        row.title: {name: Figure(1e-6).over(its) for name, its in row.figures.items()}
        for row in results.section("threads")
    }
    return {
        "requests": [requests("Flask"), requests("Quart")],
        "send": [sends(0), sends(2)],
        "memory": [memory("memory", "Memory of a connection", False, "bytes", 1),
                   memory("memory-left", "Memory left of connections that are gone", True, "kB", 1000)],
        "threads": [bars("threads", "Sends to three functions, all threads together", rates,
                         "million sends a second (higher is better)", lambda its: digits(its.value, its.relative))],
    }  # fmt: skip


def in_requests(results: Results) -> Iterator[str]:
    for framework in ("Flask", "Quart"):
        said = []
        for row in results.section("requests", framework=framework):
            costs = [f"{time(cost)} with {name}" for name, cost in less_nothing(row).items()]
            if costs and row.info["many"] in (0, 5):
                who = "when nobody listens" if not row.info["many"] else "with five receivers on each signal"
                said.append(f"{who}: {', '.join(costs)}")
                bare = row.shown(NOTHING)
        if said:
            yield f"A {framework} request without signals takes {bare}. Its eight signals add, {'; '.join(said)}."
    for row in results.section("send", nobody=True):
        said = [f"{row.shown(name)} with {name}" for name in row.figures if name != LOOP]
        yield f"Measured alone, one send to nobody takes {', '.join(said)}."
    yield "The request renders a small template and nothing else. In a request that does more, signals weigh less."


def growth(results: Results) -> list[Table]:
    """Return what each operation costs beside few and beside many connections, and the ratio of the two."""
    names = [name for name in (BLINKER, COMPILED, PURE) if name in results.libraries]
    few = {row.info["operation"]: row for row in reversed(results.section("growth"))}
    rows = []
    for row in results.section("growth"):
        operation, first = row.info["operation"], few[row.info["operation"]]
        both = [name for name in names if name in row.figures and name in first.figures]
        if first is not row and both == names:
            grown = {
                name: row.figures[name].over(first.figures[name]) if first.figures[name].measurable else None
                for name in names
            }
            rows.append(
                [operation, *(f"{first.shown(name)} → {row.shown(name)} | {times(grown[name])}" for name in names)]
            )
    return (
        [Table("Time beside 10 connections, beside 10,000, and the ratio of the two", ["", *names], rows)]
        if rows
        else []
    )


def slower(results: Results, mine: str, other: str) -> list[tuple[Row, Figure]]:
    """Return the rows in which another library takes less than a core of aldis, beyond the spread; the worst first."""
    ratios = [(row, ratio) for row in results.rows if (ratio := row.ratio(other, mine))]
    found = [(row, ratio) for row, ratio in ratios if ratio.value / (1 + ratio.relative) > 1 + SMALL]
    return sorted(found, key=lambda each: -each[1].value)


def where_slower(results: Results) -> Section:
    """Tell where another library is faster than aldis: blinker first, then the peers, the handwritten loop last."""
    differs = {its["name"]: its["differs"] for its in results.run["libraries"]}
    tables = []
    for other in [name for name in (BLINKER, *results.peers, LOOP) if name in results.libraries]:
        for mine in [name for name in CORES if name in results.libraries]:
            found = slower(results, mine, other)
            compared = sum(row.ratio(other, mine) is not None for row in results.rows)
            rows = [
                [row.title, row.shown(mine), row.shown(other), f"{times(ratio)} ±{ratio.relative:.0%}"]
                for row, ratio in found
            ]
            reason = (
                f"{other}: {differs[other]}."
                if differs[other]
                else PURE_REASON
                if mine == PURE and other == BLINKER
                else ""
            )
            title = f"{other} against {mine}: better in {len(rows)} of {compared} cases"
            tables.append(
                Table(title, ["", mine, other, "times better"], rows, reason, (other, mine) != (BLINKER, COMPILED))
            )
    text = (
        "Every case of this run in which another library takes less time or memory than aldis, by more than the spread."
    )
    return Section("slower", "Where is aldis slower?", [text], tables=tables)


def all_figures(results: Results) -> Iterator[Table]:
    for section in dict.fromkeys([*SECTIONS, *(row.section for row in results.rows)]):
        rows = results.section(section)
        here = [name for name in results.libraries if any(name in row.figures for row in rows)]
        if rows:
            lines = [[row.title, *(cell(row, name) for name in here)] for row in rows]
            yield Table(SECTIONS.get(section, section), ["", *here], lines, folded=True)


def cell(row: Row, name: str) -> str:
    """Return a figure, its spread, and how many times as fast as blinker that is."""
    figure = row.figures.get(name)
    spread = f" ±{figure.relative:.0%}" if figure and figure.spread and figure.measurable else ""
    ratio = times(row.ratio(name)) if name not in (BLINKER, NOTHING) else ""
    return f"{row.shown(name)}{spread}" + (f" | {ratio}" if ratio else "")


def sections(results: Results) -> list[Section]:
    charts = {section: [chart for chart in found if chart] for section, found in charts_of(results).items()}
    ratios = [ratio.value for row in results.section("send") if (ratio := row.ratio(core(results)))]
    mean = digits(geometric_mean(ratios or [1.0]), 1)
    mean = f"In {len(ratios)} cases of send, {core(results)} is {mean} times as fast as blinker (geometric mean)."
    touched = (
        "What an operation costs should not depend on connections that it doesn't touch: the ratio should be near 1."
    )
    found = [
        Section(
            "requests", "What does it change in a web request?", list(in_requests(results)), charts.get("requests", [])
        ),
        Section("send", "What does a send gain?", [mean if ratios else ""], charts.get("send", [])),
        Section("growth", "Does it stay fast with many connections?", [touched], tables=growth(results)),
        Section("memory", "Memory", [], charts.get("memory", [])),
        Section(
            "threads", "Threads", ["Where Python has a GIL, threads share one processor."], charts.get("threads", [])
        ),
    ]
    return [*(section for section in found if section.charts or section.tables), where_slower(results)]


def about(results: Results) -> dict[str, str]:
    run, control = results.run, Figure(**results.run["control"])
    return {
        "Date": run["date"][:16].replace("T", " ") + " UTC",
        "Command": run["command"],
        "Machine": run["machine"],
        "Python": f"{run['implementation']} {run['python']}" + ("" if run["gil"] else ", without the GIL"),
        "Versions": ", ".join(f"{name} {version}" for name, version in run["packages"].items()),
        "Commit": run["commit"] or "unknown",
        "Spread": f"{results.spread:.1%} in the median of all figures",
        "Empty loop": f"{time(control)} ± {control.relative:.0%}, taken off every time",
    }


def write(runs: list[Results], output: Path) -> Path:
    """Write the report of the first run with its charts, and the chart that all runs share; return the page's path."""
    results, here = runs[0], Path(__file__).parent
    style, parts, first, shared = (here / "report.css").read_text(encoding="utf-8"), sections(results), None, None
    try:
        from .charts import variables

        first, shared = everyday([results]), everyday(runs)
        style = style.replace("/* colours */", variables(0)).replace("/* dark colours */", variables(1))
    except ImportError:
        pass
    environment = Environment(loader=FileSystemLoader(here), autoescape=True, trim_blocks=True, lstrip_blocks=True,
                              undefined=StrictUndefined, keep_trailing_newline=True)  # fmt: skip
    text = environment.get_template("report.html.jinja").render(
        headline=headline(results), warnings=warnings(results), first=first, sections=parts, style=Markup(style),
        figures=list(all_figures(results)), about=about(results), run=results.run, libraries=results.libraries,
    )  # fmt: skip
    (output / "charts").mkdir(parents=True, exist_ok=True)
    for chart in (
        chart for section in [*parts, Section("", "", [], [shared] if shared else [])] for chart in section.charts
    ):
        (output / "charts" / f"{chart.name}.svg").write_text(chart.file, encoding="utf-8")
    page = output / "report.html"
    page.write_text(text, encoding="utf-8")
    return page

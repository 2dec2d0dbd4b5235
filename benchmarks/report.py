"""The report: ``report.html``, one file that needs no other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import geometric_mean

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from .charts import Chart, bars, variables
from .libraries import BLINKER, COMPILED, CORES, LOOP, NOTHING, PURE
from .results import Figure, Results, Row, bytes_, digits, over, time, times
from .workloads import count

SECTIONS = {  # the tables of all figures
    "send": "send", "new": "Methods that blinker lacks", "async": "send_async", "threads": "Sends in threads",
    "lookup": "Lookups", "operations": "Small operations", "changes": "Connecting and disconnecting",
    "growth": "Operations beside few and many connections", "memory": "Memory",
    "import": "Import", "requests": "Requests to an application",
}  # fmt: skip
FASTER = "times as fast as blinker (higher is better)"
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
    text: list[str] = field(default_factory=list)
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
    found = []
    if results.run["interrupted"]:
        found.append(f"This run was interrupted after {results.run['interrupted']}.")
    if results.spread > UNSTABLE:
        found.append(f"This run is unstable: repeats of the same measurement differ by {results.spread:.0%}."
                     " Close other programs, or find a quieter machine, and run it again.")  # fmt: skip
    return found


def everyday(results: Results) -> list[Chart]:
    rows = sorted((row for row in results.rows if row.everyday), key=lambda row: not row.everyday.startswith("Send"))
    groups = {row.everyday: {name: row.ratio(name) for name in CORES} for row in rows}
    return bars("everyday", "How many times as fast as blinker", groups, FASTER, times, mark=True, width=520)


def requests(results: Results) -> Section:
    section = Section("requests", "What does it change in a web request?")
    for framework in ("Flask", "Quart"):
        groups, said = {}, []
        for row in results.section("requests", framework=framework):
            bare, many = row.figures.get(NOTHING), row.info["many"]
            added = {name: its.less(bare) for name, its in row.figures.items() if name != NOTHING and bare}
            groups[f"{count(many, 'receivers')} on each signal"] = added
            if bare and many in (0, 5):
                who = "with five receivers on each signal" if many else "when nobody listens"
                said.append(f"{who}: {', '.join(f'{time(its)} with {name}' for name, its in added.items())}")
                takes = f"A {framework} request without signals takes {time(bare)}."
        if said:
            section.text.append(f"{takes} Its eight signals add, {'; '.join(said)}.")
        title = f"What signals add to a {framework} request"
        section.charts += bars(f"requests-{framework}", title, groups, "µs a request (lower is better)", time, 1e-6)
    if section.text:
        more = "The request renders a small template and nothing else. In a request that does more, signals weigh less."
        section.text.append(more)
    return section


def sends(results: Results) -> Section:
    name, section = core(results), Section("send", "What does a send gain?")
    if ratios := [ratio.value for row in results.section("send") if (ratio := row.ratio(name))]:
        mean = digits(geometric_mean(ratios), 1)
        text = f"In {len(ratios)} cases of send, {name} is {mean} times as fast as blinker (geometric mean)."
        section.text.append(text)
    for row in results.section("send"):
        if row.title == "0 functions, as Flask sends":
            said = [f"{row.shown(name)} with {name}" for name in row.figures if name != LOOP]
            section.text.append(f"One send to nobody, as Flask sends it, takes {', '.join(said)}.")
    for keywords in (0, 2):
        rows = results.section("send", plain=True, keywords=keywords)
        groups = {
            count(row.info["many"], "receivers"): {name: row.ratio(name) for name in (*CORES, LOOP)} for row in rows
        }
        title = f"A send with {keywords or 'no'} keywords"
        section.charts += bars(f"send-{keywords}", title, groups, FASTER, times, mark=True)
    return section


def growth(results: Results) -> Section:
    """Show what each operation costs beside few and beside many connections, and the ratio of the two."""
    section = Section("growth", "Does it stay fast with many connections?")
    names = [name for name in (BLINKER, *CORES) if name in results.libraries]
    rows = []
    for few, many in pairwise(results.section("growth")):
        if few.info["operation"] == many.info["operation"]:
            ratios = {name: times(over(many.figures.get(name), few.figures.get(name))) for name in names}
            cells = (f"{few.shown(name)} → {many.shown(name)} | {ratios[name]}" for name in names)
            rows.append([few.info["operation"], *cells])
    if rows:
        touched = "What an operation costs should not depend on connections that it doesn't touch:"
        section.text.append(f"{touched} the ratio should be near 1.")
        title = "Time beside 10 connections, beside 10,000, and the ratio of the two"
        section.tables.append(Table(title, ["", *names], rows))
    return section


def memory(results: Results) -> Section:
    section = Section("memory", "Memory")
    left = "Memory left of connections that are gone"
    for title, forgotten, unit, scale in (("Memory of a connection", False, "bytes", 1), (left, True, "kB", 1000)):
        groups = {row.title: row.figures for row in results.section("memory") if ("forgotten" in row.info) is forgotten}
        axis = f"{unit} (lower is better)"
        section.charts += bars(f"memory-{unit}", title, groups, axis, lambda its: bytes_(its.value), scale)
    return section


def threads(results: Results) -> Section:
    rows, one = results.section("threads"), Figure(1.0)
    groups = {row.title: {name: one.over(its) for name, its in row.figures.items()} for row in rows}
    title, axis = "Sends to three functions, all threads together", "million sends a second (higher is better)"
    charts = bars("threads", title, groups, axis, lambda its: digits(its.value / 1e6, its.relative), 1e6)
    text = ["Where Python has a GIL, threads share one processor."] if rows else []
    return Section("threads", "Threads", text, charts)


def relay(results: Results) -> Section:
    """Show what ``python -m benchmarks relay`` added to the results."""
    section = Section("relay", "What does a relay to other processes take?")
    if not (found := results.run.get("relay")):
        return section
    rates: dict[str, dict[str, Figure]] = {}
    delays: dict[str, dict[str, Figure]] = {}
    costs: dict[str, dict[str, Figure]] = {}
    for broker, lines in found["brokers"].items():
        for line, its in lines.items():
            taken = costs if line.startswith("send") else delays
            taken.setdefault(line, {})[broker] = Figure(its["median"], its["late"] - its["median"])
            if "rate" in its:
                rates.setdefault(line, {})[broker] = Figure(its["rate"])

    def both(its: Figure) -> str:
        return " · ".join(time(Figure(seconds, seconds)) for seconds in (its.value, its.value + its.spread))

    section.text.append(
        f"Measured on {found['date'][:10]}. Each receiver is a process of its own, over memory:// a thread."
    )
    rate, late = "messages a second (higher is better)", "median · 99th percentile (lower is better)"
    section.charts = [
        *bars("relay-rate", "Messages a second", rates, rate, lambda its: digits(its.value)),
        *bars("relay-delay", "Delay of a message", delays, f"ms, {late}", both, 1e-3),
        *bars("relay-send", "What a send takes its sender", costs, f"µs, {late}", both, 1e-6),
    ]
    return section


def slower(results: Results, mine: str, other: str) -> list[tuple[Row, Figure]]:
    """Return the rows in which another library takes less than a core of aldis, beyond the spread; the worst first."""
    ratios = [(row, ratio) for row in results.rows if (ratio := row.ratio(other, mine))]
    found = [(row, ratio) for row, ratio in ratios if ratio.value / (1 + ratio.relative) > 1 + SMALL]
    return sorted(found, key=lambda each: -each[1].value)


def where_slower(results: Results) -> Section:
    """Tell where another library is faster than aldis: blinker first, then the peers, the handwritten loop last."""
    differs = {its["name"]: f"{its['name']}: {its['differs']}." for its in results.run["libraries"] if its["differs"]}
    differs[BLINKER] = PURE_REASON
    text = (
        "Every case of this run in which another library takes less time or memory than aldis, by more than the spread."
    )
    section = Section("slower", "Where is aldis slower?", [text])
    for other in [name for name in (BLINKER, *results.peers, LOOP) if name in results.libraries]:
        for mine in [name for name in CORES if name in results.libraries]:
            rows = [
                [row.title, row.shown(mine), row.shown(other), f"{times(ratio)} ±{ratio.relative:.0%}"]
                for row, ratio in slower(results, mine, other)
            ]
            compared = sum(row.ratio(other, mine) is not None for row in results.rows)
            title = f"{other} against {mine}: better in {len(rows)} of {compared} cases"
            first = (other, mine) == (BLINKER, COMPILED)
            reason = "" if first else differs.get(other, "")
            section.tables.append(Table(title, ["", mine, other, "times better"], rows, reason, folded=not first))
    return section


def all_figures(results: Results) -> Iterator[Table]:
    for section, title in SECTIONS.items():
        rows = results.section(section)
        here = [name for name in results.libraries if any(name in row.figures for row in rows)]
        if rows:
            lines = [[row.title, *(cell(row, name) for name in here)] for row in rows]
            yield Table(title, ["", *here], lines, folded=True)


def cell(row: Row, name: str) -> str:
    """Return a figure, its spread, and how many times as fast as blinker that is."""
    figure = row.figures.get(name)
    spread = f" ±{figure.relative:.0%}" if figure and figure.spread and figure.measurable else ""
    ratio = times(row.ratio(name)) if name not in (BLINKER, NOTHING) else ""
    return f"{row.shown(name)}{spread}" + (f" | {ratio}" if ratio else "")


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


def write(results: Results, output: Path) -> Path:
    """Write the report and return its path."""
    here, page = Path(__file__).parent, output / "report.html"
    parts = (requests, sends, growth, memory, threads, relay, where_slower)
    sections = [section for part in parts if (section := part(results)).text or section.charts]
    style = (here / "report.css").read_text(encoding="utf-8")
    style = style.replace("/* colours */", variables(0)).replace("/* dark colours */", variables(1))
    environment = Environment(loader=FileSystemLoader(here), autoescape=True, trim_blocks=True, lstrip_blocks=True,
                              undefined=StrictUndefined, keep_trailing_newline=True)  # fmt: skip
    text = environment.get_template("report.html.jinja").render(
        headline=headline(results), warnings=warnings(results), first=everyday(results), sections=sections,
        style=Markup(style), figures=list(all_figures(results)), about=about(results), run=results.run,
        libraries=results.libraries,
    )  # fmt: skip
    output.mkdir(parents=True, exist_ok=True)
    page.write_text(text, encoding="utf-8")
    return page

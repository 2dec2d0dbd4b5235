"""What the figures say, in words and as figures that are derived from them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from .contestants import BLINKER, COMPILED, LOOP, PURE, SILENT
from .receivers import count
from .results import Results, Row, bytes_, digits, geometric_mean, time, times

NOTICEABLE = 0.05  # of a request
TYPICAL = {
    "kind": "functions",
    "many": 3,
    "keywords": 2,
    "weak": True,
    "to": "any",
    "flask": False,
    "muted": False,
    "replaced": False,
}


def core(results: Results) -> str:
    """Return the core that the report is about: the compiled one, where it was measured."""
    return COMPILED if COMPILED in results.contestants else PURE


def ratios(results: Results, name: str, section: str = "send") -> list[float]:
    """Return how many times faster than blinker a contestant is, in each cell of a section."""
    return [ratio for row in results.section(section) if (ratio := row.ratio(name))]


def headline(results: Results) -> str:
    found = next(iter(results.section("send", **TYPICAL)), None)
    name = core(results)
    pure = " in pure Python" if name == PURE else ""
    if found and (ratio := found.ratio(name)):
        if ratio < 1:
            return f"A typical signal is sent {digits(1 / ratio)} times slower with aldis{pure} than with blinker"
        return f"A typical signal is sent {digits(ratio)} times faster with aldis{pure} than with blinker"
    if every := ratios(results, name):
        return f"Signals are sent {digits(geometric_mean(every))} times faster with aldis{pure} than with blinker"
    return "aldis and blinker, measured"


def typical(results: Results) -> str:
    """Say what the headline is about."""
    row = next(iter(results.section("send", **TYPICAL)), None)
    if not row:
        return ""
    said = ", ".join(f"{time(row.times[name])} with {name}" for name in (BLINKER, COMPILED, PURE) if name in row.times)
    loop = f"; a handwritten loop over the three takes {time(row.times[LOOP])}" if LOOP in row.times else ""
    return f"Typical is a send to three functions, which are weakly connected, with two keywords: {said}{loop}."


def gains(results: Results) -> list[tuple[str, str]]:
    """Return the figures that most will look for first."""
    name = core(results)
    found = []
    if every := ratios(results, name):
        found.append(
            (
                f"send, geometric mean of {len(every)} cells; {times(min(every))} to {times(max(every))}",
                times(geometric_mean(every)),
            )
        )
    for section, info, label in (
        ("changes", {"what": "connect and disconnect"}, "connect and disconnect"),
        ("async", {"many": 10, "keywords": 0, "quart": False}, "send_async to ten coroutines"),
    ):
        for row in results.section(section, **info):
            if ratio := row.ratio(name):
                found.append((label, times(ratio)))
    for row in results.section("memory", forgotten="")[-1:]:
        if ratio := row.ratio(name):
            found.append((f"less memory a connection: {row.shown(name)} for {row.shown(BLINKER)}", times(ratio)))
    if name == COMPILED and (every := ratios(results, PURE)):
        found.append(("send in pure Python, geometric mean", times(geometric_mean(every))))
    return found


@dataclass
class Hooks:
    """What hooks cost in a request, beyond the same request with signals that send nothing.

    :param bare: seconds of the request without signals, the least of all cells.
    :param costs: by contestant, receivers on each signal and seconds.
    """

    framework: str
    bare: float
    costs: dict[str, list[tuple[int, float]]]

    def line(self, name: str) -> tuple[float, float]:
        """Return what signals cost without a receiver, and each receiver on all of them: least squares."""
        points = self.costs[name]
        mean_x = sum(x for x, _ in points) / len(points)
        mean_y = sum(y for _, y in points) / len(points)
        slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _ in points)
        return mean_y - slope * mean_x, slope

    def words(self) -> str:
        """Say how the cost grows with receivers, and from which number on one would notice."""
        cost, noticed = [], []
        for name in (BLINKER, COMPILED, PURE):
            if len(self.costs.get(name, ())) < 2:
                continue
            first, each = self.line(name)
            nobody = (
                f"{time(first)} when nobody listens"
                if first > 0.005 * self.bare
                else "next to nothing when nobody listens"
            )
            if each <= 0:
                cost.append(f"with {name} {nobody}, and no more than noise for a receiver")
                continue
            cost.append(f"with {name} {nobody} and {time(each)} for one more receiver on each signal")
            enough = math.ceil(max(0.0, NOTICEABLE * self.bare - first) / each)
            noticed.append(
                f"with {name} from {count(enough, 'receivers')} on each signal on"
                if enough > 1
                else f"with {name} from the first receiver on"
            )
        said = f"{self.framework}: without signals, a request takes {time(self.bare)}"
        said += (
            f", or {1 / self.bare:,.0f} requests per second. The eight signals that it sends cost {'; '.join(cost)}."
        )
        return said + (f" One would notice {', '.join(noticed)}." if noticed else "")


def hooks(results: Results, framework: str) -> Hooks | None:
    """Return what hooks cost in requests; None where that was not measured."""
    costs: dict[str, list[tuple[int, float]]] = {}
    bare = []
    for row in results.section("requests", framework=framework):
        if SILENT in row.times:
            bare.append(row.times[SILENT])
            for name, seconds in row.times.items():
                if name != SILENT:
                    costs.setdefault(name, []).append((row.info["many"], seconds - row.times[SILENT]))
    return Hooks(framework.capitalize(), min(bare), costs) if bare and costs else None


REASONS = {  # for another to be ahead
    "send": "The loop has no dead to prune and nobody to mute. psygnal, atom, pyee and dust-riven tell no senders"
    " apart, most of them hold receivers strongly and return no results, psygnal passes on no names, and all but pyee"
    " are compiled, as the pure core is not.",
    "async": "The loop awaits without a snapshot: no receiver can go while others are awaited. blinker does not look"
    " whether receivers_for was replaced.",
    "lookup": "blinker tells from a dictionary that may hold what is gone; aldis looks for what a send would find.",
    "changes": "Connections in order, a lock and a way back from a change that fails have their price, in Python above"
    " all; the others add to a set, a dictionary or a list.",
    "memory": "It is the signal itself that remains: the same few bytes however many connections came and went.",
    "threads": "What holds for send holds for each thread.",
    "import": "aldis has a compiled module to load.",
    "requests": "Hooks are a small part of a request, and so small a difference is noise.",
}


@dataclass
class Ahead:
    """A cell in which others are ahead of a core of aldis, the best of them first."""

    row: Row
    core: str
    others: list[str]


def ahead(results: Results) -> list[Ahead]:
    """Return the cells in which others are ahead, by more than the run's noise can explain."""
    found = []
    for row in results.rows:
        for name in (COMPILED, PURE):
            others = [
                other
                for other in sorted(row.values, key=row.values.__getitem__)
                if other not in (COMPILED, PURE, SILENT) and row.values[other] * 1.03 < row.values.get(name, 0)
            ]
            if others:
                found.append(Ahead(row, name, others))
    return found


def machine(results: Results) -> list[tuple[str, str]]:
    """Tell machine, Python, versions, date, command and noise of the run."""
    it: dict[str, Any] = results.machine
    cpu = it.get("cpu", {}).get("brand_raw") or it["machine"]
    python = " ".join([it["python_implementation"], it["python_implementation_version"], it["python_compiler"]]).strip()
    median, tenth = results.noise()
    noise = f"the median burst lies {median:.1%} above the least one in the median benchmark"
    commit = results.commit
    return [
        ("Date", results.date[:16].replace("T", " ") + " UTC"),
        ("Command", it["command"] + (f" – interrupted after {it['interrupted']}" if it.get("interrupted") else "")),
        ("Machine", f"{cpu}, {it['cores']} cores, {it['platform']}"),
        ("Python", python + ("" if it["gil"] else ", without the GIL")),
        ("Versions", ", ".join(f"{name} {version}" for name, version in it["packages"].items())),
        *([("Commit", commit)] if commit else []),
        ("Noise", f"{noise}, less than {tenth:.1%} in nine of ten"),
    ]


def left_over(results: Results) -> str:
    """Say what connections leave behind that were made and forgotten."""
    rows = [row for row in results.section("memory") if row.info["forgotten"]]
    most = max((row.info["many"] for row in rows), default=0)
    said = []
    for row in rows:
        if row.info["many"] == most and BLINKER in row.values:
            cores = " and ".join(
                f"{bytes_(row.values[name])} with {name}" for name in (COMPILED, PURE) if name in row.values
            )
            said.append(f"{row.info['forgotten']}: {bytes_(row.values[BLINKER])} with blinker, {cores}")
    return f"Left of {most:,} connections that were made and forgotten: {'; '.join(said)}." if said else ""

"""The charts of the report, as SVG that takes its colours from the page, or brings them along in a file of its own."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator

from .colours import COLOURS, FAINT, GENERAL, INK, LINES, slug, variables
from .contestants import BLINKER, COMPILED, LOOP, PURE, SILENT
from .results import Results, Row, bytes_, time, times

MARKERS = dict(zip(COLOURS, "oDs^_vv<>PX*"))
FONT = "ui-sans-serif, system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


@dataclass
class Chart:
    """A chart, and its text for those who cannot see it."""

    name: str
    title: str
    text: str
    svg: str

    @property
    def file(self) -> str:
        """The chart as a file of its own, for light and dark pages."""
        style = f"<style>:root{{{variables(0)}}}@media(prefers-color-scheme:dark){{:root{{{variables(1)}}}}}</style>"
        return self.svg.replace("<defs>", f"{style}<defs>", 1)


def in_order(names: Iterable[str]) -> list[str]:
    """Return contestants in the order of the legend."""
    known = list(COLOURS)
    return sorted(names, key=lambda name: known.index(name) if name in known else len(known))


def colour(name: str) -> str:
    return COLOURS[name][0] if name in COLOURS else FAINT


def figure(width: float, height: float) -> tuple[Figure, Axes]:
    """Return a figure of that many pixels, at 72 to the inch."""
    made = Figure((width / 72, height / 72))
    made.set_layout_engine("constrained", w_pad=2 / 72, h_pad=2 / 72)
    FigureCanvasSVG(made)
    axes = made.add_subplot()
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(FAINT)
    axes.tick_params(colors=FAINT, labelsize=12, length=0, which="both")
    axes.grid(color=LINES, linewidth=0.8)
    axes.set_axisbelow(True)
    return made, axes


def drawn(name: str, title: str, text: str, made: Figure) -> Chart:
    """Return the figure as a chart."""
    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": name, "svg.id": name}):
        made.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.S)
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', svg)
    svg = re.sub(r'(url\(#|href="#)', rf"\g<1>{name}-", svg)
    svg = re.sub(r"'DejaVu Sans'[^;\"]*", FONT.replace("'", ""), svg)
    for variable, both in [*GENERAL.items(), *((slug(name), both) for name, both in COLOURS.items())]:
        svg = svg.replace(both[0], f"var(--{variable})")
    width, height = (float(size) for size in re.findall(r'(?:width|height)="([\d.]+)pt"', svg)[:2])
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        f' viewBox="0 0 {width:g} {height:g}" role="img" class="chart"'
        f' style="max-width:{width:g}px" aria-labelledby="{name}-title {name}-text">'
        f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-text">{escape(text)}</desc>'
    )
    return Chart(name, title, text, head + svg[svg.index(">") + 1 :])


def seconds_axis(axis: Any) -> None:
    axis.set_major_locator(LogLocator(10))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: time(value).replace(".00", "").replace(".0", "")))


def costs(results: Results, keywords: int, legended: bool = False) -> Chart | None:
    """Draw the cost of a send against the number of receivers."""
    plain = {"kind": "functions", "keywords": keywords, "weak": True, "to": "any", "flask": False}
    rows = results.section("send", **plain, muted=False, replaced=False)
    if len(rows) < 2:
        return None
    made, axes = figure(440, 340)
    axes.set_xscale("log")
    axes.set_yscale("log")
    nothing = 0.3  # where the send without receivers stands, apart from the others
    for name in reversed(in_order({name for row in rows for name in row.times})):
        points = [(row.info["many"] or nothing, row.times[name]) for row in rows if name in row.times]
        main = name in (BLINKER, COMPILED, PURE, LOOP)
        size = 6 if main else 4
        style: dict[str, Any] = {"color": colour(name), "marker": MARKERS.get(name, "o"), "markersize": size}
        some = [point for point in points if point[0] >= 1]
        if some:
            width = {COMPILED: 2.6, BLINKER: 2.6}.get(name, 1.8 if main else 1.1)
            axes.plot(*zip(*some), linewidth=width, linestyle="-" if main else (0, (4, 2)), label=name, **style)
        if points[0][0] == nothing:
            axes.plot(*points[0], linestyle="", **style)
    counts = [row.info["many"] for row in rows]
    axes.xaxis.set_major_locator(FixedLocator([count or nothing for count in counts]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: "0" if x < 1 else f"{x:,.0f}"))
    axes.set_xlabel("receivers", color=FAINT, fontsize=12)
    seconds_axis(axes.yaxis)
    if legended:
        handles, labels = axes.get_legend_handles_labels()
        axes.legend(handles[::-1], labels[::-1], frameon=False, fontsize=12, labelcolor=INK, loc="upper left")
    title = f"Cost of a send, {f'{keywords} keywords' if keywords else 'no keywords'}"
    text = "Both axes are logarithmic. " + " ".join(
        f"{row.title}: " + ", ".join(f"{name} {time(row.times[name])}" for name in in_order(row.times)) + "."
        for row in rows
    )
    return drawn("headline" if legended else f"send-{keywords}-keywords", title, text, made)


def ratios(rows: Sequence[Row], name: str, title: str) -> Chart | None:
    """Draw how many times faster than blinker each contestant is, row by row."""
    rows = [row for row in rows if any(row.ratio(who) for who in row.times if who != BLINKER)]
    if not rows:
        return None
    made, axes = figure(440, 46 + 34 * len(rows))
    axes.set_xscale("log")
    found: list[float] = []
    for y, row in enumerate(rows):
        mine = {who: ratio for who in row.times if who not in (BLINKER, SILENT) and (ratio := row.ratio(who))}
        found += mine.values()
        axes.plot([min(1, *mine.values()), max(1, *mine.values())], [y, y], color=LINES, linewidth=2.5, zorder=1.5)
        for who in reversed(in_order(mine)):
            size = 42 if who in (COMPILED, PURE, LOOP) else 20
            axes.scatter(mine[who], y, s=size, color=colour(who), marker=MARKERS.get(who, "o"), zorder=3, linewidths=0)
    least, most = min(0.8, *found) / 1.25, max(2, *found) * 1.6
    axes.set_xlim(least, most)
    axes.set_ylim(len(rows) - 0.4, -0.85)
    for y, row in enumerate(rows):
        best = row.ratio(COMPILED) or row.ratio(PURE)
        axes.text(least, y - 0.36, row.title, color=INK, fontsize=12, va="center")
        axes.text(most, y - 0.36, times(best), color=colour(COMPILED if row.ratio(COMPILED) else PURE), fontsize=12,
                  va="center", ha="right", weight="bold")  # fmt: skip
    # no line through the words
    axes.vlines([1] * len(rows), [y - 0.16 for y in range(len(rows))], [y + 0.16 for y in range(len(rows))],
                color=COLOURS[BLINKER][0], linewidth=3, zorder=2)  # fmt: skip
    axes.yaxis.set_visible(False)
    axes.grid(visible=False, axis="y")
    steps = [step for step in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 300, 1000) if least <= step <= most]
    wide = math.log10(most / least) > 2
    axes.xaxis.set_major_locator(FixedLocator([s for s in steps if not wide or s in (0.1, 1, 10, 100, 1000)]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}×"))
    text = "How many times faster than blinker. " + " ".join(
        f"{row.title}: "
        + ", ".join(
            f"{who} {times(row.ratio(who))}" for who in in_order(row.times) if who != BLINKER and row.ratio(who)
        )
        + "."
        for row in rows
    )
    return drawn(name, title, text, made)


def bars(rows: Sequence[Row], name: str, title: str, labels: Sequence[str], unit: str = "") -> Chart | None:
    """Draw a bar for each contestant, row by row."""
    names = [who for who in in_order({who for row in rows for who in row.benchmarks}) if who != SILENT]
    if not rows or not names:
        return None
    values = [[row.values.get(who) for who in names] for row in rows]
    if unit:  # sends per second, in millions
        values = [[None if value is None else 1e-6 / value for value in row] for row in values]

    def said(value: float) -> str:
        return f"{value:.1f} {unit}" if unit else bytes_(value)

    made, axes = figure(440, 40 + len(rows) * (22 + 20 * len(names)))
    most = max([value for row in values for value in row if value is not None], default=1) or 1
    y = 0.0
    for row, label in zip(values, labels):
        axes.text(0, y, label, color=INK, fontsize=12, va="center")
        y += 0.95
        for who, value in zip(names, row):
            if value is not None:
                axes.barh(y, max(value, most * 0.002), height=0.72, color=colour(who))
                axes.text(
                    max(value, 0) + most * 0.015, y, f"{said(value)} {who}", color=FAINT, fontsize=12, va="center"
                )
                y += 0.9
        y += 0.35
    axes.set_xlim(0, most * 1.75)
    axes.set_ylim(y - 0.5, -0.6)
    axes.yaxis.set_visible(False)
    axes.xaxis.set_visible(False)
    axes.grid(visible=False)
    axes.spines["bottom"].set_visible(False)
    axes.axvline(0, color=FAINT, linewidth=1)
    text = " ".join(
        f"{label}: " + ", ".join(f"{who} {said(value)}" for who, value in zip(names, row) if value is not None) + "."
        for label, row in zip(labels, values)
    )
    return drawn(name, title, text, made)


def hooks(costs_: dict[str, list[tuple[int, float]]], name: str, title: str) -> Chart | None:
    """Draw the microseconds that hooks cost in a request against the receivers on each signal."""
    if not any(len(points) > 1 for points in costs_.values()):
        return None
    made, axes = figure(440, 300)
    for who in reversed(in_order(costs_)):
        points = [(many, seconds * 1e6) for many, seconds in costs_[who]]
        axes.plot(*zip(*points), color=colour(who), marker=MARKERS[who], markersize=6, linewidth=2.4, label=who)
        axes.annotate(f"{points[-1][1]:.0f} µs", points[-1], (7, 0), textcoords="offset points", color=colour(who),
                      fontsize=12, va="center", annotation_clip=False)  # fmt: skip
    counts = [many for many, _ in next(iter(costs_.values()))]
    axes.set_xlim(-0.5, max(counts) * 1.18)
    axes.set_ylim(bottom=min(0, *(seconds * 1e6 for points in costs_.values() for _, seconds in points)))
    axes.xaxis.set_major_locator(FixedLocator(counts))
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g} µs"))
    axes.set_xlabel("receivers on each signal", color=FAINT, fontsize=12)
    text = " ".join(
        f"{who}: " + ", ".join(f"{seconds * 1e6:.1f} µs with {many}" for many, seconds in costs_[who]) + "."
        for who in in_order(costs_)
    )
    return drawn(name, title, text, made)

"""The charts of the report, as SVG that takes its colours from the page, or brings them along in a file of its own."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure as Drawing
from matplotlib.ticker import FuncFormatter, MaxNLocator

from .libraries import BLINKER, COMPILED, LOOP, PURE
from .results import Figure

FONT = "ui-sans-serif, system-ui, -apple-system, Segoe UI, Roboto, Helvetica Neue, Arial, sans-serif"
INK, FAINT, LINES = "#1c2128", "#57606b", "#d4dae1"
GENERAL = {"ink": (INK, "#e8ecf1"), "faint": (FAINT, "#a7b0bb"), "lines": (LINES, "#363d47")}
COLOURS = {  # on light and on dark
    COMPILED: ("#0b62c4", "#69b1ff"),
    PURE: ("#0a8a80", "#4fd6c6"),
    BLINKER: ("#c4470d", "#ff9a52"),
    LOOP: ("#6b7480", "#a3adb8"),
}
OTHERS = [
    ("#8a3fc7", "#c792f5"),
    ("#2d7a33", "#7fd086"),
    ("#806000", "#dcb94a"),
    ("#b3246e", "#ff85bd"),
    ("#a81c2e", "#ff8c94"),
    ("#4d4aa8", "#a9a6ff"),
    ("#0e7490", "#67d4ee"),
]
PALETTE = {**GENERAL, **{re.sub(r"\W", "-", name): both for name, both in COLOURS.items()},
           **{f"other-{index}": both for index, both in enumerate(OTHERS)}}  # fmt: skip


def variables(scheme: int) -> str:
    """Return the colours as CSS variables, for light (0) or dark (1)."""
    return "".join(f"--{name}:{both[scheme]};" for name, both in PALETTE.items())


def colours(names: Sequence[str]) -> dict[str, str]:
    """Return a colour for each name. Names of runs begin with that of a library."""
    others = iter(OTHERS * 2)
    return {name: COLOURS[name][0] if name in COLOURS else next(others)[0] for name in names}


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


def axes_of(width: float, height: float, x: str) -> tuple[Drawing, Axes]:
    """Return a drawing of that many pixels and the title of its x axis."""
    drawing = Drawing((width / 72, height / 72))
    drawing.set_layout_engine("constrained", w_pad=2 / 72, h_pad=2 / 72)
    FigureCanvasSVG(drawing)
    axes = drawing.add_subplot()
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(FAINT)
    axes.tick_params(colors=FAINT, labelsize=12, length=0, which="both")
    axes.grid(color=LINES, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.set_xlabel(x, color=FAINT, fontsize=12)
    return drawing, axes


def finished(name: str, title: str, text: str, drawing: Drawing) -> Chart:
    """Add the legend and return the drawing as a chart."""
    handles, labels = drawing.axes[0].get_legend_handles_labels()
    last = [labels.index(BLINKER)] if len(drawing.axes[0].collections) else []  # the mark follows the bars
    order = [*(index for index in range(len(labels)) if index not in last), *last]
    drawing.legend([handles[index] for index in order], [labels[index] for index in order], loc="outside upper left",
                   ncols=2 + (drawing.get_figwidth() > 7), frameon=False, fontsize=12, labelcolor=INK)  # fmt: skip
    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": name, "svg.id": name}):
        drawing.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.S)
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', svg)
    svg = re.sub(r'(url\(#|href="#)', rf"\g<1>{name}-", svg)
    svg = re.sub(r"'DejaVu Sans'[^;\"]*", FONT, svg)
    for variable, both in PALETTE.items():
        svg = svg.replace(both[0], f"var(--{variable})")
    width, height = (float(size) for size in re.findall(r'(?:width|height)="([\d.]+)pt"', svg)[:2])
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        f' viewBox="0 0 {width:g} {height:g}" role="img" class="chart"'
        f' style="max-width:{width:g}px" aria-labelledby="{name}-title {name}-text">'
        f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-text">{escape(text)}</desc>'
    )
    return Chart(name, title, text, head + svg[svg.index(">") + 1 :])


def bars(
    name: str,
    title: str,
    groups: Mapping[str, Mapping[str, Figure | None]],
    axis: str,
    said: Callable[[Figure], str],
    mark: tuple[float, str] | None = None,
    width: float = 440,
) -> Chart | None:
    """Draw a group of bars for each label, a bar for each name, with its spread as a line across its end.

    :param said: puts a figure into words, for the bar's label.
    :param mark: where to draw an upright line, and its name.
    """
    names = list(dict.fromkeys(who for group in groups.values() for who, figure in group.items() if figure))
    if not names:
        return None
    colour = colours(names)
    rows = sum(len(group) for group in groups.values())
    drawing, axes = axes_of(width, 90 + 26 * len(groups) + 19 * rows, axis)
    every = [figure for group in groups.values() for figure in group.values() if figure]
    most = max(figure.value + figure.spread for figure in every) or 1.0
    y, labelled, spans = 0.0, set(), []
    for label, group in groups.items():
        axes.text(0, y, label, color=INK, fontsize=12, va="center")
        y, top = y + 0.95, y + 0.5
        for who, figure in group.items():
            if figure is None:
                continue
            value = max(figure.value, 0.0)
            axes.barh(y, value, height=0.7, color=colour[who], label="" if who in labelled else who)
            if figure.spread:
                axes.plot([value, value + figure.spread], [y, y], color=FAINT, linewidth=1.6, solid_capstyle="butt")
            end = max(value + figure.spread, mark[0] if mark else 0.0)
            axes.text(end + most * 0.015, y, said(figure), color=INK, fontsize=12, va="center")
            labelled.add(who)
            y += 0.85
        spans.append((top, y - 0.4))
        y += 0.4
    axes.set_xlim(0, most * 1.22)
    axes.set_ylim(y - 0.4, -0.7)
    axes.yaxis.set_visible(False)
    axes.grid(visible=False, axis="y")
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,g}"))
    if mark:  # not through the words
        axes.vlines([mark[0]] * len(spans), *zip(*spans), color=COLOURS[BLINKER][0], linewidth=2.5, label=mark[1])
    text = f"{axis}. " + " ".join(
        f"{label}: " + ", ".join(f"{who} {said(figure)}" for who, figure in group.items() if figure) + "."
        for label, group in groups.items()
    )
    return finished(name, title, text, drawing)

"""The bar charts of the report, as SVG that takes its colours from the page. Without matplotlib there are none."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape

try:
    import matplotlib
    from matplotlib.axes import Axes
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure as Drawing
    from matplotlib.ticker import FuncFormatter, MaxNLocator
except ImportError:
    matplotlib = None  # type: ignore[assignment]

from .libraries import BLINKER, COMPILED, LOOP, PURE
from .results import Figure

FONT = "ui-sans-serif, system-ui, -apple-system, Segoe UI, Roboto, Helvetica Neue, Arial, sans-serif"
COLOURS = {  # on light and on dark
    "ink": ("#1c2128", "#e8ecf1"),
    "faint": ("#57606b", "#a7b0bb"),
    "lines": ("#d4dae1", "#363d47"),
    COMPILED: ("#0b62c4", "#69b1ff"),
    PURE: ("#0a8a80", "#4fd6c6"),
    BLINKER: ("#c4470d", "#ff9a52"),
    LOOP: ("#6b7480", "#a3adb8"),
    "memory": ("#806000", "#dcb94a"),
    "RabbitMQ": ("#8a3fc7", "#c792f5"),
    "Redis": ("#a81c2e", "#ff8c94"),
}
INK, FAINT, LINES = (COLOURS[name][0] for name in ("ink", "faint", "lines"))


def variables(scheme: int) -> str:
    """Return the colours as CSS variables, for light (0) or dark (1)."""
    return "".join(f"--{name.replace(' ', '-')}:{both[scheme]};" for name, both in COLOURS.items())


@dataclass
class Chart:
    title: str
    svg: str


def bars(
    name: str,
    title: str,
    groups: Mapping[str, Mapping[str, Figure | None]],
    axis: str,
    said: Callable[[Figure], str],
    scale: float = 1.0,
    mark: bool = False,
    width: float = 440,
) -> list[Chart]:
    """Draw a group of bars for each label, a bar for each name, with its spread as a line across its end.

    :param said: puts a figure into words, for the bar's label and for those who cannot see the chart.
    :param scale: what is 1 on the axis.
    :param mark: whether to draw an upright line at 1, where blinker is.
    :returns: the chart, or nothing if there is no figure.
    """
    found = {label: {who: its for who, its in group.items() if its} for label, group in groups.items()}
    every = [its for group in found.values() for its in group.values()]
    if not every or matplotlib is None:
        return []
    drawing, axes = axes_of(width, 90 + 26 * len(found) + 19 * len(every), axis)
    most = max(its.value + its.spread for its in every) / scale or 1.0
    y, labelled, spans = 0.0, set(), []
    for label, group in found.items():
        axes.text(0, y, label, color=INK, fontsize=12, va="center")
        y, top = y + 0.95, y + 0.5
        for who, its in group.items():
            value, end = max(its.value, 0.0) / scale, (max(its.value, 0.0) + its.spread) / scale
            axes.barh(y, value, height=0.7, color=COLOURS[who][0], label="" if who in labelled else who)
            axes.plot([value, end], [y, y], color=FAINT, linewidth=1.6, solid_capstyle="butt")
            axes.text(max(end, float(mark)) + most * 0.015, y, said(its), color=INK, fontsize=12, va="center")
            labelled.add(who)
            y += 0.85
        spans.append((top, y - 0.4))
        y += 0.4
    axes.set_xlim(0, most * 1.22)
    axes.set_ylim(y - 0.4, -0.7)
    if mark:  # not through the words
        axes.vlines([1.0] * len(spans), *zip(*spans), color=COLOURS[BLINKER][0], linewidth=2.5, label=BLINKER)
    drawing.legend(loc="outside upper left", ncols=2 + (width > 500), frameon=False, fontsize=12, labelcolor=INK)
    said_of = {label: ", ".join(f"{who} {said(its)}" for who, its in group.items()) for label, group in found.items()}
    text = f"{axis}. " + " ".join(f"{label}: {figures}." for label, figures in said_of.items())
    return [Chart(title, svg(drawing, name, title, text))]


def axes_of(width: float, height: float, x: str) -> tuple[Drawing, Axes]:
    """Return a drawing of that many pixels and the title of its x axis."""
    drawing = Drawing((width / 72, height / 72))
    drawing.set_layout_engine("constrained", w_pad=2 / 72, h_pad=2 / 72)
    FigureCanvasSVG(drawing)
    axes = drawing.add_subplot()
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(FAINT)
    axes.tick_params(colors=FAINT, labelsize=12, length=0, which="both")
    axes.grid(color=LINES, linewidth=0.8, axis="x")
    axes.set_axisbelow(True)
    axes.set_xlabel(x, color=FAINT, fontsize=12)
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,g}"))
    axes.yaxis.set_visible(False)
    return drawing, axes


def svg(drawing: Drawing, name: str, title: str, text: str) -> str:
    """Return the drawing as an element of a page, with its title and text for those who cannot see it."""
    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": name, "svg.id": name}):
        drawing.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    found = buffer.getvalue()
    width, height = (float(size) for size in re.findall(r'(?:width|height)="([\d.]+)pt"', found)[:2])
    found = found[found.index(">", found.index("<svg")) + 1 :]
    found = re.sub(r"<metadata>.*?</metadata>\s*", "", found, flags=re.S)
    found = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', found)
    found = re.sub(r'(url\(#|href="#)', rf"\g<1>{name}-", found)
    found = re.sub(r"'DejaVu Sans'[^;\"]*", FONT, found)
    for colour, both in COLOURS.items():
        found = found.replace(both[0], f"var(--{colour.replace(' ', '-')})")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        f' viewBox="0 0 {width:g} {height:g}" role="img" class="chart"'
        f' style="max-width:{width:g}px" aria-labelledby="{name}-title {name}-text">'
        f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-text">{escape(text)}</desc>{found}'
    )

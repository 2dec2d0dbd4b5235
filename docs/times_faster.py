"""Draw times_faster.svg: how many times faster a send is than blinker's, from the committed results.

Run it after a change of docs/results: python docs/times_faster.py
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

from results_tables import COMPILED, DOCS, Run, ratio, read_all

CASES = {
    "send: 0 functions, as Flask sends": "no receiver, as in Flask",
    "send: 1 function": "1 receiver",
    "send: 10 functions": "10 receivers",
    "send: 10 functions, 2 keywords": "10, with 2 keywords",
    "send: 10 methods": "10 methods",
    "send: 1 of 1,000 senders": "1 of 1,000 senders",
}
COLOURS = {"CPython 3.11": "#e0a030", "CPython 3.13": "#4c78c8"}
LEFT, WIDTH, BAR = 160, 270, 13  # where the bars begin, their greatest length, their height

STYLE = """\
svg.figure { --ink: #1f2328; --faint: #656d76; --paper: #f6f8fa; font: 13px system-ui, sans-serif; }
@media (prefers-color-scheme: dark) { svg.figure { --ink: #e6edf3; --faint: #9198a1; --paper: #151b23; } }
.bars text { fill: var(--ink); }
.bars .faint { fill: var(--faint); font-size: 12px; }
.bars .grid { stroke: var(--faint); stroke-opacity: 0.35; }
.bars .spread { stroke: var(--ink); }"""

TEMPLATE = """\
<svg class="figure" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 480 {height}" width="640" role="img"
  aria-labelledby="times-faster-title times-faster-text">
<title id="times-faster-title">How many times faster than blinker is one send?</title>
<desc id="times-faster-text">{text}</desc>
<style>
{style}
</style>
<g class="bars">
<text x="8" y="20" font-weight="600">How many times faster than blinker is one send?</text>
{marks}
<text x="{x:g}" y="{y}" class="faint" text-anchor="middle">times faster, compiled core; more is better</text>
</g>
</svg>
"""


def draw(runs: list[Run]) -> str:
    """Return the chart."""
    runs = [run for run in runs if run.python in COLOURS]
    found = {case: [run.faster(case, COMPILED) for run in runs] for case in CASES}
    greatest = max(faster[2] for row in found.values() for faster in row if faster)
    step = 5 if greatest <= 30 else 10
    end = -(-greatest // step) * step
    scale = WIDTH / end
    body, text = [], []
    y = 64
    for case, title in CASES.items():
        middle_of_case = y + BAR * len(runs) / 2
        body.append(f'<text x="{LEFT - 8}" y="{middle_of_case + 4.5:g}" text-anchor="end">{title}</text>')
        for run, faster in zip(runs, found[case]):
            if faster:
                low, middle, high = (LEFT + number * scale for number in faster)
                line = y + BAR / 2 - 1
                fill = f'fill="{COLOURS[run.python]}"'
                body.append(f'<rect x="{LEFT}" y="{y}" width="{middle - LEFT:.1f}" height="{BAR - 2}" {fill}/>')
                body.append(f'<line class="spread" x1="{low:.1f}" x2="{high:.1f}" y1="{line:g}" y2="{line:g}"/>')
                body.append(f'<text x="{high + 5:.1f}" y="{line + 4.5:g}" class="faint">{ratio(faster[1])}</text>')
                text.append(f"{title}, {run.python}: {ratio(faster[1])}.")
            y += BAR
        y += 10
    grid = []
    for value in range(0, int(end) + 1, step):
        x = LEFT + value * scale
        grid.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="56" y2="{y}"/>')
        grid.append(f'<text x="{x:.1f}" y="{y + 16}" class="faint" text-anchor="middle">{value}×</text>')
    legend = []
    for x, run in zip(range(LEFT, 1000, 110), runs):
        legend.append(f'<rect x="{x}" y="33" width="11" height="11" fill="{COLOURS[run.python]}"/>')
        legend.append(f'<text x="{x + 16}" y="43" class="faint">{run.python}</text>')
    return TEMPLATE.format(
        height=y + 44,
        text=" ".join(text),
        style=STYLE,
        marks="\n".join([*legend, *grid, *body]),
        x=LEFT + WIDTH / 2,
        y=y + 36,
    )


if __name__ == "__main__":
    (DOCS / "times_faster.svg").write_text(draw(read_all()), encoding="utf-8")

"""The chart of the README shows the committed results."""

from __future__ import annotations

import runpy

from .pages import ROOT


def test_chart_shows_the_committed_results() -> None:
    drawing = runpy.run_path(str(ROOT / "docs" / "times_faster.py"))
    chart = (ROOT / "docs" / "times_faster.svg").read_text(encoding="utf-8")
    assert chart == drawing["draw"](drawing["read_all"]()), "run: python docs/times_faster.py"

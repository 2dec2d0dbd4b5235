"""The documentation is tested where it is: a wheel is tested in a folder without it."""

from __future__ import annotations

from pathlib import Path

if not Path(__file__).parents[2].joinpath("docs").is_dir():
    collect_ignore_glob = ["*"]

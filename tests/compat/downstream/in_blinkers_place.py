"""A pytest plugin: installs aldis as blinker before tests are collected, and writes a report of the run."""

from __future__ import annotations

import json
import sys
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import aldis
from aldis import _debug

aldis.install_as_blinker()

alarms: list[str] = []  # what aldis warns of in debug mode: no filter of the suite can hide it
warn_explicit = warnings.warn_explicit


def warn_or_record(message: Any, category: Any, filename: str, lineno: int, *more: Any, **options: Any) -> None:
    if sys._getframe(1).f_globals is vars(_debug):
        about = str(message).partition(" was connected")[0]
        alarms.append(f"{Path(filename).name}:{lineno}: {category.__name__}: {about}")
    else:
        warn_explicit(message, category, filename, lineno, *more, **options)


warnings.warn_explicit = warn_or_record


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--report-of-aldis", type=Path, required=True)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Report(config.getoption("--report-of-aldis")))


class Report:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.outcomes: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.outcome != "passed":
            self.outcomes[report.outcome] += 1

    def pytest_sessionfinish(self) -> None:
        modules = [name for name in sys.modules if name.partition(".")[0] == "blinker"]
        found = {
            "accelerated": aldis.accelerated,
            "alarms": alarms,
            "debug": _debug.DEBUG,
            "places": {name: sys.modules[name].__name__ for name in modules},
            "outcomes": self.outcomes,
        }
        self.path.write_text(json.dumps(found))

"""A pytest plugin: installs aldis as blinker before tests are collected, and writes a report of the run."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

import pytest

import aldis

aldis.install_as_blinker()


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
            "places": {name: sys.modules[name].__name__ for name in modules},
            "outcomes": self.outcomes,
        }
        self.path.write_text(json.dumps(found))

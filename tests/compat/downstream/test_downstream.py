"""Test suites of other projects, with aldis in blinker's place.

pip downloads the sdist of a project with its tests, and installs what they need into a separate folder. To add a
project, add it to the table.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

import aldis


class Project(NamedTuple):
    name: str
    version: str
    needs: list[str]
    plugins: list[str]  # plugins of pytest; no others are loaded
    passed: int  # at least, on every Python
    options: list[str] = []  # noqa: RUF012
    deselected: list[str] = []  # noqa: RUF012
    alarms: list[str] = []  # noqa: RUF012  # what debug mode warns of, and rightly so


NO_UTCNOW = "-Wignore:datetime.datetime.utcnow:DeprecationWarning"  # that of Python 3.12

PROJECTS = [
    Project(
        "blinker",
        "1.9.0",
        needs=["pytest==9.0.2", "pytest-asyncio==1.3.0"],
        plugins=["pytest_asyncio.plugin"],
        passed=23,
        # These two assert what blinker keeps after a disconnect. aldis keeps nothing.
        deselected=[
            "tests/test_signals.py::test_empty_bucket_growth",
            "tests/test_signals.py::test_filtered_receiver_weakref",
        ],
        # These tests delete a receiver before the first send, to see that it is forgotten.
        alarms=[
            "test_signals.py:108: ResourceWarning: 'Sentinel.make_receiver.<locals>.receiver'",
            "test_signals.py:227: ResourceWarning: 'test_weak_receiver.<locals>.received'",
            "test_signals.py:425: ResourceWarning: 'test_has_receivers.<locals>.received'",
            "test_signals.py:435: ResourceWarning: 'test_has_receivers.<locals>.received'",
        ],
    ),
    Project(
        "flask",
        "3.1.3",
        # The versions of its lock file. Its suite fails with Werkzeug 3.1.9, with blinker too.
        needs=["flask[async,dotenv]==3.1.3", "greenlet==3.3.1", "pytest==9.0.2", "werkzeug==3.1.5"],
        plugins=[],
        passed=470,
    ),
    Project(
        "Flask-Login",
        "0.6.3",
        needs=["asgiref", "flask==3.1.3", "Flask-Login==0.6.3", "pytest==9.0.2", "semantic-version", "werkzeug==3.1.5"],
        plugins=[],
        passed=114,
        options=[NO_UTCNOW],
    ),
]

# Quart has no tests in its sdists.
EXTENDED = [
    Project(
        "flask_sqlalchemy",
        "3.1.1",
        needs=["flask==3.1.3", "flask_sqlalchemy==3.1.1", "pytest==9.0.2", "sqlalchemy==2.0.31", "werkzeug==3.1.5"],
        plugins=[],
        passed=450,
        # It leaves databases open, which Python 3.13 and later report.
        options=["-pno:unraisableexception", NO_UTCNOW],
    ),
    Project(
        "pelican",
        "4.12.0",
        needs=["pelican[markdown]==4.12.0", "beautifulsoup4", "lxml", "typogrify", "pytest==9.0.2"],
        plugins=[],
        passed=280,
        options=["-pno:warnings", "pelican"],  # its suite sets its own warning filters
    ),
]


@pytest.fixture(scope="session")
def place(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Project], tuple[Path, Path]]:
    """Return a function that gives the folder of a project and the folder of its requirements, for both cores."""
    places: dict[str, tuple[Path, Path]] = {}

    def pip(*arguments: str) -> None:
        command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr

    def place(project: Project) -> tuple[Path, Path]:
        if project.name not in places:
            assert pytestconfig.cache is not None
            cache = pytestconfig.cache.mkdir("downstream")
            made = tmp_path_factory.mktemp(project.name)
            pattern = f"{project.name}-{project.version}.tar.gz"
            if not list(cache.glob(pattern)):
                requirement = f"{project.name}=={project.version}"
                pip("download", f"--no-binary={project.name}", "--no-deps", f"--dest={cache}", requirement)
            with tarfile.open(cache / pattern) as sdist:
                sdist.extractall(made, filter="data")
            pip("install", f"--target={made / 'needs'}", *project.needs)
            places[project.name] = made / f"{project.name}-{project.version}", made / "needs"
        return places[project.name]

    return place


@pytest.mark.parametrize("debug", [False, True], ids=["", "debug"])
@pytest.mark.parametrize(
    "project",
    [
        *(pytest.param(project, id=project.name, marks=pytest.mark.downstream) for project in PROJECTS),
        *(pytest.param(project, id=project.name, marks=pytest.mark.extended) for project in EXTENDED),
    ],
)
def test_the_suite_of_a_project_passes(
    project: Project,
    debug: bool,
    core: str,
    place: Callable[[Project], tuple[Path, Path]],
    run: Callable[..., subprocess.CompletedProcess[str]],
    tmp_path: Path,
) -> None:
    root, needs = place(project)
    report = tmp_path / "report.json"
    path = [needs, Path(__file__).parent, Path(aldis.__file__).parent.parent]
    environment = {
        "ALDIS_DEBUG": str(int(debug)),
        "PYTEST_ADDOPTS": "",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONPATH": os.pathsep.join(map(str, path)),
    }
    plugins = ["in_blinkers_place", *project.plugins]
    options = [
        *(f"-p{plugin}" for plugin in plugins),
        f"--report-of-aldis={report}",
        *(f"--deselect={test}" for test in project.deselected),
        *project.options,
    ]
    done = run("-m", "pytest", "-q", *options, cwd=root, env=environment, timeout=1200)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr
    found = json.loads(report.read_text())
    assert found["accelerated"] is (core == "compiled")
    assert found["debug"] is debug
    assert found["places"] == {
        "blinker": "aldis",
        "blinker.base": "aldis.signals",
        "blinker._utilities": "aldis._identity",
    }
    assert "failed" not in found["outcomes"]
    assert found["outcomes"]["passed"] >= project.passed
    alarms = project.alarms if debug else []
    if sys.implementation.name == "pypy":  # it deletes objects later, perhaps after the suite
        alarms = [alarm for alarm in alarms if alarm in found["alarms"]]
    assert sorted(found["alarms"]) == alarms

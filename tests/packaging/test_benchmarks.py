"""The benchmark suite measures what it says, and its report claims no more than was measured."""

from __future__ import annotations

import html
import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent
if not (ROOT / "benchmarks").is_dir():
    pytest.skip("the benchmarks are not here", allow_module_level=True)
for module in ("flask", "jinja2", "matplotlib", "pytest_benchmark", "quart", "rich"):
    pytest.importorskip(module, reason=f'needs the extra "bench": {module} is not installed')
sys.path.insert(0, str(ROOT))


from benchmarks import cases, instructions, libraries, report, results  # noqa: E402
from benchmarks.libraries import BLINKER, COMPILED, LOOP, NOTHING, PURE, Library, cores  # noqa: E402
from benchmarks.results import Figure, Recorder, Results, Row  # noqa: E402

CHOSEN = (
    "(send and 2-keywords) or (requests and Flask) or memory or import or connect-and-disconnect or growth-connect-has"
)


def bench(*arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, text=True, capture_output=True, timeout=280, check=False, **options)


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a quick run of a part of the suite."""
    folder = tmp_path_factory.mktemp("results")
    done = bench("--quick", "--output", folder, "--save", folder / "saved", "-k", CHOSEN)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(rf"aldis sends a signal .* blinker .*\. Open {folder / 'report.html'}\n$", done.stdout)
    return folder


def row(section: str = "send", info: dict[str, Any] | None = None, **figures: float | Figure) -> Row:
    found = {name.replace("_", " "): Figure(its) if isinstance(its, float) else its for name, its in figures.items()}
    return Row(section, "case", "everyday", info or {}, found)


def run_of(*rows: Row, **run: Any) -> Results:
    names = [BLINKER, PURE, COMPILED, "atom", LOOP]
    known = [{"name": name, "differs": f"what {name} does", "peer": name == "atom"} for name in names]
    about = {"libraries": known, "repeats": [5, 5], "interrupted": "", "gil": True, "implementation": "CPython"}
    return Results({**about, "python": "3.13.0", "left_out": {}, **run}, list(rows))


# Measuring


def test_each_library_is_measured_in_each_case_and_the_results_can_be_saved(quick: Path) -> None:
    measured = results.read(quick / "results.json")
    for row in measured.section("send"):
        assert set(row.figures) == {BLINKER, *cores(), LOOP}
    for row in measured.section("requests"):
        assert set(row.figures) == {BLINKER, *cores(), NOTHING}
    assert measured.run["repeats"] == [3, 3]
    assert (quick / "saved" / f"{measured.python}.json").read_bytes() == (quick / "results.json").read_bytes()


CHECKED = [case for case in cases.dispatch_cases() if "00" not in case.title]


@pytest.mark.parametrize("case", CHECKED, ids=lambda case: case.id)
def test_every_library_calls_every_receiver_once(case: cases.Case) -> None:
    checked = [library for library in libraries.libraries() if case.takes(library)]
    assert {BLINKER, *cores()} <= {library.name for library in checked}
    for library in checked:
        case.check(library)


def test_the_control_is_taken_off_and_what_is_within_the_spread_is_not_measurable() -> None:
    blinker, loop, nothing = (Library(name, libraries.Loop) for name in (BLINKER, LOOP, NOTHING))
    recorder = Recorder({}, 3)
    case = cases.Case(section="send", title="t", prepare=lambda library: None)
    for extra in (2e-9, 0.0, 1e-9):
        recorder.add(cases.CONTROL, nothing, 8e-9 + extra)
        recorder.add(case, blinker, 30e-9 + 10 * extra)
        recorder.add(case, loop, 7e-9)
    [row] = recorder.results().rows
    assert row.figures[BLINKER].value == pytest.approx(22e-9)
    assert row.figures[BLINKER].spread == pytest.approx(11e-9)
    assert row.shown(BLINKER) == "22\N{NO-BREAK SPACE}ns"
    assert row.shown(LOOP) == "not measurable"
    assert row.ratio(LOOP) is None


def test_pytest_benchmark_saves_the_time_of_one_operation(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "benchmarks",
        "-q",
        "-k",
        "muted",
        f"--benchmark-json={tmp_path / 'run'}",
    ]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    saved = json.loads((tmp_path / "run").read_text())["benchmarks"]
    assert {its["extra_info"]["library"] for its in saved} == {BLINKER, *cores()}
    assert all(1e-9 < its["stats"]["min"] < 1e-4 for its in saved)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_run_that_is_stopped_leaves_what_it_has(tmp_path: Path, how: signal.Signals) -> None:
    command = [sys.executable, "-m", "benchmarks", "--thorough", "--output", str(tmp_path), "-k", "muted or lookup"]
    running = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and not (tmp_path / "results.json").exists():
            time.sleep(0.02)
        running.send_signal(how)
        said = running.communicate(timeout=60)[0]
    finally:
        running.kill()
    assert results.read(tmp_path / "results.json").section("lookup")
    assert bench("report", tmp_path / "results.json").returncode == 0
    assert "This run was interrupted after" in (tmp_path / "report.html").read_text()
    assert how is signal.SIGKILL or "This run was interrupted after" in said


# The report


def test_the_page_shows_the_figures_of_the_results(quick: Path) -> None:
    measured = results.read(quick / "results.json")
    page = html.unescape((quick / "report.html").read_text())
    figures = page[page.index('<section id="figures">') :]
    for row in measured.rows:
        line = re.search(rf'<tr><th scope="row">{re.escape(row.title)}</th>(.*?)</tr>', figures)
        assert line, row.title
        for name in row.figures:
            assert f"<td>{row.shown(name)}" in line[1]
    assert report.headline(measured) in page
    assert "<script" not in page
    assert set(re.findall(r'(?:src|href)="([^"#][^"]*)"', page)) == {"data:,"}


def test_a_claim_needs_a_difference_beyond_the_spread() -> None:
    certain = row(
        blinker=1.0, aldis_compiled=Figure(2.0, 0.2), aldis_pure=0.5, handwritten_loop=Figure(1.5, 0.4), atom=1.9
    )
    run = run_of(certain)
    assert [its.value for _, its in report.slower(run, COMPILED, BLINKER)] == [2.0]
    assert (
        report.slower(run, PURE, BLINKER)
        == report.slower(run, COMPILED, LOOP)
        == report.slower(run, COMPILED, "atom")
        == []
    )
    titles = [table.title.partition(" against")[0] for table in report.where_slower(run).tables]
    assert titles == [BLINKER, BLINKER, "atom", "atom", LOOP, LOOP]
    assert [table.folded for table in report.where_slower(run).tables] == [False, *[True] * 5]
    assert "2.0 times slower than blinker" in report.headline(run)
    assert "about as fast as" in report.headline(run_of(row(blinker=Figure(1.1, 0.1), aldis_compiled=1.0)))


def test_the_page_shows_what_a_relay_takes_when_that_was_measured() -> None:
    assert report.relay(run_of()).charts == []
    times = {"median": 0.0012, "late": 0.0034}
    lines = {"send, relayed": times, "every process: 1": {"rate": 1900.0, **times}}
    section = report.relay(run_of(relay={"date": "2026-11-26T12:00:00", "brokers": {"memory": lines, "Redis": lines}}))
    assert [chart.title for chart in section.charts] == [
        "Messages a second", "Delay of a message", "What a send takes its sender"
    ]  # fmt: skip
    assert "every process: 1: memory 1,900, Redis 1,900." in section.charts[0].svg
    for chart in section.charts[1:]:
        assert "Redis 1.2\N{NO-BREAK SPACE}ms · 3.4\N{NO-BREAK SPACE}ms." in chart.svg


# Relays and instructions


def test_a_relay_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("kombu", reason="needs the extra relay")
    from benchmarks import relay

    found = relay.measure("memory", "memory://", messages=50)
    assert list(found) == ["send, not relayed", "send, relayed", "every process: 1", "a group of 1"]
    for line, its in found.items():
        assert 0 < its["median"] <= its["late"]
        assert ("rate" in its) is not line.startswith("send")
    assert len(capsys.readouterr().out.splitlines()) == 4


@pytest.mark.parametrize("slower", ["", "emit to 10", "send to 10, after trace and undo"])
def test_the_guard_fails_when_a_path_takes_more(monkeypatch: pytest.MonkeyPatch, slower: str) -> None:
    def count(commit: str) -> dict[tuple[str, str], float]:
        more = {} if commit else {("pure", slower): 104.0}
        return {**{(core, path): 100.0 for core in instructions.CORES for path in instructions.PATHS}, **more}

    monkeypatch.setattr(instructions, "count", count)
    monkeypatch.setattr("shutil.which", lambda program: program)
    assert instructions.main(["--base=main"]) == (1 if slower else 0)
    assert instructions.main([]) == (1 if "trace" in slower else 0)

"""The benchmark suite: it measures what it says, of all contestants alike, and its report shows no other figures.

Needs the extra ``bench``, and the folder ``benchmarks`` beside this one.
"""

from __future__ import annotations

import asyncio
import html
import importlib
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parent.parent
if not (ROOT / "benchmarks").is_dir():
    pytest.skip("the benchmarks are not here", allow_module_level=True)
for module in ("flask", "jinja2", "matplotlib", "pytest_benchmark", "quart", "rich"):
    pytest.importorskip(module, reason=f'needs the extra "bench": {module} is not installed')
sys.path.insert(0, str(ROOT))

from benchmarks import (  # noqa: E402
    applications,
    colours,
    compare,
    contestants,
    findings,
    guard,
    peers,
    report,
    results,
    turns,
    worker,
)
from benchmarks.contestants import BLINKER, COMPILED, LOOP, PURE, SILENT, Contestant, cores  # noqa: E402
from benchmarks.test_async import SendAsync  # noqa: E402
from benchmarks.test_send import CELLS, Send  # noqa: E402

CHOSEN = "test_send and 2-keywords or requests or memory or import or connect-and-disconnect or threads"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def bench(*arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, text=True, capture_output=True, timeout=280, check=False, **options)


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a quick run of a part of the suite."""
    folder = tmp_path_factory.mktemp("results")
    done = bench("--quick", "--output", folder, "-k", CHOSEN)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "send to 10, 2 kw" in done.stdout
    return folder


@pytest.fixture
def measured(quick: Path) -> results.Results:
    return results.read(quick / "results.json")


# Running


def test_all_contestants_are_measured_in_turns_in_each_cell(measured: results.Results) -> None:
    assert set(measured.contestants) == {BLINKER, *cores(), LOOP, SILENT}
    for row in measured.section("send"):
        assert {BLINKER, *cores()} <= set(row.benchmarks)
        assert len({benchmark["stats"]["rounds"] for benchmark in row.benchmarks.values()}) == 1
        assert len(set(row.times.values())) == len(row.times), "each its own figures"


def test_bursts_take_turns() -> None:
    told: list[str] = []
    operations = {
        name: turns.Operation(
            "told.append(name)", {"told": told, "name": name}, before=told.clear if name == "a" else None
        )
        for name in ("a", "b")
    }
    operations["b"].before = lambda: None
    seen: list[list[str]] = []
    figures = turns.in_turns(operations, turns.Effort(0, 3, lambda: seen.append(list(told))))
    assert seen[-6:] == [["a"], ["a", "b"]] * 3
    assert [len(its.bursts) for its in figures.values()] == [3, 3]


def test_the_time_of_an_operation_is_that_of_the_statement_alone() -> None:
    nap = turns.Operation("sleep(0.002)", {"sleep": time.sleep})
    many = turns.Operation("sleep(0.004)", {"sleep": time.sleep}, each=2, before=lambda: time.sleep(0.003))
    figures = turns.in_turns({"one": nap, "many": many}, turns.Effort(0, 3))
    assert min(figures["one"].bursts) == pytest.approx(0.002, rel=0.25)
    assert min(figures["many"].bursts) == pytest.approx(0.002, rel=0.25)
    nothing = turns.in_turns({"nothing": turns.Operation("pass", {})}, turns.Effort(0.01, 5))["nothing"]
    assert min(nothing.bursts) < 3e-9


@pytest.mark.parametrize("cell", [cell for cell in CELLS if cell.many <= 10], ids=lambda cell: cell.id)
def test_every_contestant_calls_every_receiver_once(cell: Send) -> None:
    taking_part = [contestant for contestant in contestants.contestants() if cell.takes(contestant)]
    assert {BLINKER, *cores()} <= {contestant.name for contestant in taking_part}
    for contestant in taking_part:
        cell.check(contestant)


def forgetful(receivers: Any, senders: Any, weak: bool) -> Any:
    return contestants.Loop(receivers[1:], senders[1:], weak)


def eager(receivers: Any, senders: Any, weak: bool) -> Any:
    return contestants.Loop([*receivers, receivers[0]], [*senders, senders[0]], weak)


@pytest.mark.parametrize("connected", [forgetful, eager])
@pytest.mark.parametrize("kind", ["functions", "methods", "instances", "builtins", "partials"])
def test_a_contestant_that_does_not_is_found_out(connected: Callable[..., Any], kind: str) -> None:
    cheat = Contestant("cheat", connected)
    with pytest.raises(AssertionError, match="cheat does not call every receiver once"):
        Send(kind=kind, keywords=2).measure([cheat], turns.Effort(0, 1))


@pytest.mark.parametrize("connected", [forgetful, eager])
def test_a_contestant_that_does_not_await_every_receiver_once_is_found_out(connected: Callable[..., Any]) -> None:
    with pytest.raises(AssertionError, match="cheat does not await every receiver once"):
        SendAsync(many=3).measure([Contestant("cheat", connected)], turns.Effort(0, 1))


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("connected", [forgetful, eager])
def test_threads_that_do_not_call_every_receiver_once_are_found_out(
    connected: Callable[..., Any], shared: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "contestant", lambda name: Contestant(name, connected))
    with pytest.raises(AssertionError, match="cheat does not call every receiver once"):
        worker.targets("cheat", shared)


@pytest.mark.parametrize("hooks", [applications.FlaskHooks, applications.QuartHooks])
def test_requests_call_every_receiver_once(hooks: type[applications.Hooks], monkeypatch: pytest.MonkeyPatch) -> None:
    application = hooks()
    application.connect(3)
    monkeypatch.setattr(applications, "SENT", applications.SENT | {"message_flashed"})
    with pytest.raises(AssertionError, match="not every receiver was called once"):
        application.connect(2)
    application.many = 0
    application._connect_all(lambda name, index: None)
    if isinstance(application, applications.QuartHooks):
        application.loop.run_until_complete(asyncio.sleep(0))
        application.loop.close()


def test_pytest_runs_the_suite_with_the_options_of_pytest_benchmark(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pytest", "benchmarks", "-p", "no:cacheprovider", "-k", "muted", "--quick"]
    saving = [f"--benchmark-storage=file://{tmp_path}", "--benchmark-max-time=0.01"]
    for options in (["--benchmark-save=one"], ["--benchmark-compare=0001", "--benchmark-group-by=param:contestant"]):
        done = subprocess.run([*command, *saving, *options], cwd=ROOT, text=True, capture_output=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    assert "contestant=blinker" in done.stdout
    assert "NOW" in done.stdout
    once = subprocess.run([*command, "--benchmark-disable"], cwd=ROOT, text=True, capture_output=True, check=False)
    assert f"{1 + len(cores())} passed" in once.stdout


def test_tools_of_pytest_benchmark_read_the_results(quick: Path) -> None:
    command = [sys.executable, "-m", "pytest_benchmark", "compare", str(quick / "results.json")]
    done = subprocess.run(command, text=True, capture_output=True, check=False, cwd=quick)
    assert done.returncode == 0, done.stderr
    assert "send: 10 functions, 2 keywords" in done.stdout


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    last = tmp_path / "results.json"
    last.write_text("{}")
    assert bench("--output", tmp_path, "-k", "nothing_of_that_name").returncode == 2
    assert [path.name for path in tmp_path.iterdir()] == [last.name]
    assert last.read_text() == "{}"
    assert bench("report", tmp_path / "missing.json").returncode == 2
    done = bench("report", last)
    assert (done.returncode, "does not hold results of this suite" in done.stderr) == (2, True)


def test_the_help_tells_of_every_command() -> None:
    said = bench("--help").stdout
    for command in ("report RESULTS.json", "compare OLD.json NEW.json", "guard BASE HEAD"):
        assert f"python -m benchmarks {command}" in said


def without(modules: list[str], folder: Path) -> dict[str, str]:
    """Return an environment in which these modules are not there."""
    lines = ["import sys, importlib.util as util", "find = util.find_spec", f"gone = {modules!r}"]
    lines += ["sys.modules.update(dict.fromkeys(gone))"]
    lines += ["util.find_spec = lambda name, *package: None if name in gone else find(name, *package)"]
    (folder / "sitecustomize.py").write_text("\n".join(lines))
    path = os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "PYTHONPATH": path}
    environment.pop("ALDIS_PURE_PYTHON", None)
    return environment


@pytest.mark.skipif(sys.implementation.name == "pypy", reason="PyPy has no compiled core to miss")
def test_no_run_goes_without_the_compiled_core_in_silence(tmp_path: Path) -> None:
    environment = without(["aldis._core_c"], tmp_path)
    done = bench("--quick", "--output", tmp_path, "-k", "muted", env=environment)
    assert done.returncode == 2
    assert "The compiled core of aldis cannot be imported" in done.stderr
    assert "ALDIS_PURE_PYTHON=1" in done.stderr
    done = bench("--quick", "--output", tmp_path, "-k", "muted", env={**environment, "ALDIS_PURE_PYTHON": "1"})
    assert done.returncode == 0, done.stderr
    assert "Without the compiled core: ALDIS_PURE_PYTHON=1." in done.stdout
    assert results.read(tmp_path / "results.json").contestants == [BLINKER, PURE]


def test_a_missing_package_is_named(tmp_path: Path) -> None:
    done = bench("--quick", env=without(["quart", "rich"], tmp_path))
    assert done.returncode == 2
    assert (
        'Not installed here: quart, rich. Install what the benchmarks need: python -m pip install -e ".[bench]"'
        in done.stderr
    )


def test_a_peer_that_is_missing_is_left_out_by_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    done = bench("--quick", "--peers", "-k", "muted", "--output", tmp_path, env=without(["psygnal"], tmp_path))
    assert "Left out, as not installed: psygnal" in done.stdout
    assert ".[bench,peers]" in done.stdout
    monkeypatch.setitem(sys.modules, "psygnal", None)
    found, left_out = peers.peers()
    assert "psygnal" in left_out
    assert not [peer for peer in found if peer.package == "psygnal"]
    for peer in found:
        Send(keywords=2).check(peer)
        assert peer.name in colours.COLOURS


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_what_it_has(tmp_path: Path, how: signal.Signals) -> None:
    command = [sys.executable, "-m", "benchmarks", "--quick", "--output", str(tmp_path)]
    command += ["-k", "muted or 1-thread or threads"]
    ours = signal.signal(signal.SIGINT, signal.SIG_DFL)  # which shells let programs in the background ignore
    try:
        running = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True)
    finally:
        signal.signal(signal.SIGINT, ours)
    try:
        deadline = time.monotonic() + 60
        # the cell that is muted is done when the worker of the threads runs
        while time.monotonic() < deadline and not children(running.pid):
            time.sleep(0.01)
        running.send_signal(how)
        said = running.communicate(timeout=60)[0]
    finally:
        running.kill()
    assert running.returncode == 130
    assert "Interrupted: 1 of" in said
    found = results.read(tmp_path / "results.json")
    assert [row.title for row in found.rows] == ["10 functions, muted"]
    assert "interrupted after 1 of" in (tmp_path / "report.html").read_text()


def children(pid: int) -> str:
    """Return the processes that a process has started and that run the benchmarks' worker."""
    listed = subprocess.run(
        ["ps", "-o", "args=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    ).stdout
    return "".join(line for line in listed.splitlines() if "benchmarks.worker" in line)


# The report


def test_each_figure_of_the_report_is_in_the_results(quick: Path) -> None:
    data = json.loads((quick / "results.json").read_text())
    known = {}
    for benchmark in data["benchmarks"]:
        info = benchmark["extra_info"]
        value = info.get("bytes", benchmark["stats"]["min"])
        known[info["title"], info["contestant"]] = value
    page = (quick / "report.html").read_text()
    tables = page[page.index('<section id="figures">') :]
    checked = 0
    for table in re.findall(r"<table>.*?</table>", tables, re.S):
        header = [html.unescape(name) for name in re.findall(r'<th scope="col">(.*?)</th>', table)]
        for row in re.findall(r'<tr><th scope="row">(.*?)</tr>', table, re.S):
            title, _, cells = row.partition("</th>")
            for name, cell in zip(header[1:], re.findall(r"<td>(.*?)</td>", cells)):
                figure, _, ratio = cell.replace("</b>", "").partition(" <b>")
                if not figure:
                    assert (html.unescape(title), name) not in known
                    continue
                value, unit = re.fullmatch(r"([\d.,-]+)\s(\w+)", figure).groups()  # type: ignore[union-attr]
                size = {"ns": 1e-9, "µs": 1e-6, "ms": 1e-3, "s": 1, "B": 1, "kB": 1e3, "MB": 1e6}[unit]
                mine = known.pop((html.unescape(title), name))
                assert float(value.replace(",", "")) * size == pytest.approx(
                    mine, rel=0.006, abs=0.6 if unit == "B" else 0
                )
                if ratio:
                    its = data_of(data, html.unescape(title), BLINKER)
                    assert float(ratio.rstrip("×").replace(",", "")) == pytest.approx(its / mine, rel=0.006, abs=0.006)
                checked += 1
    assert checked == len(data["benchmarks"])
    assert not known


@pytest.mark.parametrize(("section", "what"), [("requests", "requests"), ("threads", "sends")])
def test_how_many_a_second_has_is_told(quick: Path, section: str, what: str) -> None:
    page = (quick / "report.html").read_text()
    text = (quick / "report.md").read_text()
    told = [benchmark["extra_info"] for benchmark in json.loads((quick / "results.json").read_text())["benchmarks"]]
    told = [info for info in told if info["section"] == section]
    assert told
    for info in told:
        figure = f"{info[f'{what}_per_second']:,.0f}"
        assert re.search(rf"<tr><th scope=.row.>{info['title']}</th>.*<td>{figure}</td>.*</tr>", page)
        assert re.search(rf"^\| {info['title']} \|.* {figure} \|", text, re.M)


def data_of(data: dict[str, Any], title: str, name: str) -> float:
    for benchmark in data["benchmarks"]:
        info = benchmark["extra_info"]
        if (info["title"], info["contestant"]) == (title, name):
            value: float = info.get("bytes", benchmark["stats"]["min"])
            return value
    raise AssertionError(title)


def test_the_figures_of_the_bursts_are_what_pytest_benchmark_keeps(quick: Path) -> None:
    for benchmark in json.loads((quick / "results.json").read_text())["benchmarks"]:
        stats = benchmark["stats"]
        assert stats["min"] == min(stats["data"]) > 0
        assert stats["rounds"] == len(stats["data"])


def test_the_report_tells_of_the_run(quick: Path, measured: results.Results) -> None:
    page = html.unescape((quick / "report.html").read_text())
    text = (quick / "report.md").read_text()
    for said in (
        findings.headline(measured),
        f"--output {quick}",
        f"blinker {measured.machine['packages']['blinker']}",
        measured.machine["python_version"],
        measured.date[:10],
        "the median burst lies",
        "One would notice",
        "strong references; no disconnecting",
        findings.REASONS["changes"],
    ):
        assert said in page, said
        assert said in text, said


def test_the_results_tell_of_the_machine_what_the_report_needs(quick: Path) -> None:
    text = (quick / "results.json").read_text()
    assert platform.release() not in text
    assert '"project"' not in text
    assert '"flags"' not in text


def test_the_page_needs_no_other_file(quick: Path) -> None:
    page = (quick / "report.html").read_text()
    assert "<script" not in page
    assert "@import" not in page
    fetched = re.findall(r'(?:src|href)="([^"#][^"]*)"|url\(([^#)][^)]*)\)', page)
    assert {address for pair in fetched for address in pair if address} == {"data:,", "results.json"}


def test_drawing_again_draws_the_same(quick: Path, tmp_path: Path) -> None:
    shutil.copy(quick / "results.json", tmp_path)
    assert bench("report", tmp_path / "results.json").returncode == 0
    for file in ("report.html", "report.md"):
        assert (tmp_path / file).read_bytes() == (quick / file).read_bytes()


def test_every_chart_has_its_text_and_a_file(quick: Path, measured: results.Results) -> None:
    drawn = [chart for section in report.sections(measured) for chart in section.charts]
    assert {"send-2-keywords", "hooks-flask", "hooks-quart", "ratios-send", "memory", "memory-left", "threads"} <= {
        chart.name for chart in drawn
    }
    for chart in drawn:
        tree = ElementTree.parse(quick / "charts" / f"{chart.name}.svg").getroot()
        parts = {part.tag.rpartition("}")[2]: part for part in tree if part.get("id")}
        assert tree.get("aria-labelledby") == f"{parts['title'].get('id')} {parts['desc'].get('id')}"
        assert parts["desc"].text == chart.text
        assert "blinker" in chart.text
        assert f"[{chart.title}](charts/{chart.name}.svg)" in (quick / "report.md").read_text()
    headline = (quick / "charts" / "headline.svg").read_text()
    assert "prefers-color-scheme:dark" in headline
    assert ">handwritten loop<" in headline


def test_colours_stand_out_on_light_and_dark() -> None:
    def luminance(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for light, dark in [*colours.COLOURS.values(), colours.GENERAL["ink"], colours.GENERAL["faint"]]:
        assert 1.05 / (luminance(light) + 0.05) > 3, light
        assert (luminance(dark) + 0.05) / (luminance("#12161b") + 0.05) > 3, dark


def test_the_cost_of_hooks_is_told_in_words() -> None:
    costs = {BLINKER: [(0, 1e-6), (1, 11e-6), (5, 51e-6)], COMPILED: [(0, 0.0), (1, 1e-6), (5, 5e-6)]}
    said = findings.Hooks("Flask", 1e-4, costs).words()
    assert "a request takes 100\N{NO-BREAK SPACE}µs, or 10,000 requests per second" in said
    assert (
        "with blinker 1.00\N{NO-BREAK SPACE}µs when nobody listens and 10.0\N{NO-BREAK SPACE}µs for one more receiver"
        in said
    )
    assert "with aldis compiled next to nothing when nobody listens and 1.00" in said
    assert "One would notice with blinker from the first receiver on" in said
    assert "with aldis compiled from 5 receivers on each signal on." in said


def made(**times: float) -> results.Row:
    benchmarks = {
        name.replace("_", " "): {"stats": {"min": value, "median": value, "rounds": 9}, "extra_info": {}}
        for name, value in times.items()
    }
    return results.Row("send", "cell", "send", {}, benchmarks)


def run_of(*rows: results.Row) -> results.Results:
    machine = {"python_version": "3", "node": "here", "contestants": [], "left_out": {}}
    return results.Results(Path("results.json"), machine, "", "", list(rows))


def test_where_another_is_ahead_is_told() -> None:
    cell = made(blinker=9.0, aldis_pure=9.5, aldis_compiled=2.0, handwritten_loop=1.0, atom=1.99)
    for section in report.SECTIONS:
        cell.section = section
        run = run_of(cell)
        assert [(its.core, its.others) for its in findings.ahead(run)] == [
            (COMPILED, [LOOP]),
            (PURE, [LOOP, "atom", BLINKER]),
        ]
        [table] = report.behind(run).tables
        assert (table.title, table.text) == (report.SECTIONS[section], findings.REASONS[section])
        assert [row[0][0] for row in table.rows] == ["cell", "cell"]
    assert report.behind(run_of(made(blinker=2.0, aldis_pure=2.0, no_signals=1.0))).tables == []


# The README


def test_links_of_the_readme_lead_somewhere_from_any_page_that_shows_it() -> None:
    targets = re.findall(r"\]\((.*?)\)", (ROOT / "README.md").read_text())
    assert [target for target in targets if not target.startswith(("https://", "#"))] == []


def test_the_readme_shows_the_figures_of_its_run() -> None:
    run = results.read(ROOT / "docs" / "results.json")
    rows = {row.title: row for row in run.section("send")}
    said = (ROOT / "README.md").read_text()
    table = [line for line in said.splitlines() if line.startswith("| ") and line.count("ns") + line.count("µs") > 3]
    assert len(table) == 7
    for line in table:
        name, *shown = (part.strip() for part in line.strip("|").split("|"))
        row = rows["as Flask sends, 0 functions" if name.startswith("nobody") else name]
        for who, figure in zip((BLINKER, PURE, COMPILED, LOOP), shown):
            time, _, ratio = figure.partition(" (")
            assert time == row.shown(who).replace("\N{NO-BREAK SPACE}", " "), line
            assert not ratio or float(re.split("[ )]", ratio)[0]) == float(f"{row.ratio(who):.2g}"), line
    machine = run.machine
    assert f"Made on {run.date[:10]} by `{machine['command']}` on CPython {machine['python_version']}" in said
    assert f"blinker {machine['packages']['blinker']}, an {machine['cpu']['brand_raw']} with {machine['cores']}" in said
    assert f"the median burst lay {run.noise()[0]:.0%}".replace("%", " %") in said
    [chart] = report.headline_chart(run)
    assert ElementTree.parse(ROOT / "docs" / "send.svg").findtext("{http://www.w3.org/2000/svg}desc") == chart.text


# Comparing


def test_a_change_beyond_noise_is_found_and_the_machine_is_not_blamed() -> None:
    old = run_of(made(blinker=10.0, handwritten_loop=5.0, aldis_compiled=1.0, aldis_pure=4.0))
    slow_machine = run_of(made(blinker=20.0, handwritten_loop=10.0, aldis_compiled=2.0, aldis_pure=8.0))
    assert not [its for its in compare.changes(old, slow_machine) if its.slower or its.faster]
    changed = compare.changes(old, run_of(made(blinker=10.0, handwritten_loop=5.0, aldis_compiled=1.2, aldis_pure=3.0)))
    assert [(its.name, its.slower, its.faster) for its in changed] == [(COMPILED, True, False), (PURE, False, True)]
    noisy = made(blinker=10.0, handwritten_loop=5.0, aldis_compiled=1.2, aldis_pure=4.0)
    noisy.benchmarks[COMPILED]["stats"]["median"] = 1.8
    assert not [its for its in compare.changes(old, run_of(noisy)) if its.slower]


def test_a_change_that_is_one_shows_twice() -> None:
    old = made(blinker=10.0, handwritten_loop=5.0, aldis_compiled=1.0, aldis_pure=4.0)
    once = made(blinker=10.0, handwritten_loop=5.0, aldis_compiled=1.5, aldis_pure=2.0)
    again = made(blinker=10.0, handwritten_loop=5.0, aldis_compiled=1.3, aldis_pure=4.8)
    found, more = (compare.changes(run_of(old), run_of(new)) for new in (once, again))
    assert [(its.name, its.ratio) for its in compare.confirmed(found, more)] == [(COMPILED, 1.3), (PURE, 1.0)]
    assert [(its.name, its.ratio) for its in compare.confirmed(more, found)] == [(COMPILED, 1.3), (PURE, 1.0)]
    assert [its.ratio for its in compare.confirmed(found, [])] == [1.5, 0.5]


def test_comparing_has_a_status(quick: Path, tmp_path: Path) -> None:
    same = bench("compare", quick / "results.json", quick / "results.json")
    assert (same.returncode, " 0 slower, 0 faster" in same.stdout) == (0, True)
    data = json.loads((quick / "results.json").read_text())
    for benchmark in data["benchmarks"]:
        if benchmark["extra_info"]["contestant"] == cores()[-1] and "muted" not in benchmark["name"]:
            for key in ("min", "median"):
                benchmark["stats"][key] *= 20
    (tmp_path / "slower.json").write_text(json.dumps(data))
    slower = bench("compare", quick / "results.json", tmp_path / "slower.json")
    assert slower.returncode == 1
    assert "20.0×" in slower.stdout
    again = "--again", quick / "results.json", quick / "results.json"
    assert bench("compare", quick / "results.json", tmp_path / "slower.json", *again).returncode == 0
    assert bench("compare", tmp_path / "slower.json", quick / "results.json").returncode == 0
    assert bench("compare", tmp_path / "none.json", quick / "results.json").returncode == 2


# The guard


def test_a_path_that_grew_is_named() -> None:
    base = {"send to 0": 1000.0, "send to 1": 1000.0}
    assert guard.compare(base, {"send to 0": 1030.0, "send to 1": 1031.0}, 0.03) == ["send to 1"]


def test_the_guard_counts_both_in_one_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packages = [tmp_path / "base", tmp_path / "head"]
    for package in packages:
        package.mkdir()
        (package / "name").write_text(package.name)
    monkeypatch.setattr(guard, "count", lambda package, core: {str(package): (package / "name").read_text()})
    counted: Any = guard.count_both(packages, "pure")
    assert counted == [{str(tmp_path / "package"): each.name} for each in packages]
    assert all((package / "name").exists() for package in packages)


def test_the_guard_says_what_it_cannot_do(tmp_path: Path) -> None:
    done = bench("guard", "no-such-commit", ".")
    assert done.returncode == 2
    expected = "neither a folder nor a commit" if shutil.which("valgrind") else "valgrind is not installed"
    assert expected in done.stdout
    (tmp_path / "setup.py").write_text("raise SystemExit('cannot')")
    with pytest.raises(guard.Unable, match="cannot be built"):
        guard.installed(tmp_path, tmp_path / "installed")


@pytest.mark.skipif(not shutil.which("valgrind"), reason="valgrind is not installed")
def test_instructions_are_counted_repeatably() -> None:
    package = Path(importlib.import_module("aldis").__file__ or "").parent.parent
    counted = [guard.instructions(package, "pure", "send to 1", times) for times in (300, 300, 900)]
    assert counted[0] == pytest.approx(counted[1], rel=1e-3)
    assert counted[2] > counted[0] * 1.01


def test_the_script_that_is_counted_knows_every_path() -> None:
    script = ROOT / "benchmarks" / "guarded.py"
    for path in guard.PATHS:
        assert f'"{path}": ' in script.read_text()
    for core in cores():
        subprocess.run([sys.executable, str(script), core.split()[1], guard.PATHS[-1], "3"], check=True)


# In a browser

WATCH = """<script>
const problems = [];
addEventListener("error", event => problems.push(String(event.message)));
addEventListener("load", () => {
  const drawn = [...document.querySelectorAll("svg.chart")].map(svg => {
    const frame = svg.getBoundingClientRect();
    const marks = [...svg.querySelectorAll("path, use, text")].map(mark => mark.getBoundingClientRect());
    const seen = marks.filter(mark => mark.width + mark.height > 0);
    const texts = [...svg.querySelectorAll("text")].map(mark => mark.getBoundingClientRect());
    return {
      id: svg.getAttribute("aria-labelledby"), width: frame.width, height: frame.height,
      marks: seen.length, texts: texts.length,
      outside: texts.filter(box => box.right > frame.right + 8 || box.left < frame.left - 8 || box.top < frame.top - 8
        || box.bottom > frame.bottom + 8).length,
    };
  });
  parent.postMessage(JSON.stringify({drawn, problems, ink: getComputedStyle(document.body).color,
    paper: getComputedStyle(document.body).backgroundColor,
    line: getComputedStyle(document.querySelector("svg.chart path[style*='stroke: var(--blinker)']")).stroke,
    inner: innerWidth, wide: document.documentElement.scrollWidth - innerWidth}), "*");
});
</script>"""
# no window of Chromium is as narrow as a phone, but a frame can be
FRAME = """<!doctype html><meta name="color-scheme" content="light dark"><pre id="observed"></pre>
<iframe src="watched.html" style="border: 0; width: {width}px; height: 900px"></iframe>
<script>addEventListener("message", event => observed.textContent = event.data);</script>"""


def opened(page: Path, folder: Path, width: int, *flags: str) -> tuple[dict[str, Any], str]:
    """Open the page in headless Chromium; return what was observed there, and what the console said."""
    (folder / "watched.html").write_text(page.read_text().replace("<head>", f"<head>{WATCH}", 1))
    frame = folder / "frame.html"
    frame.write_text(FRAME.format(width=width))
    quiet = ["--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update"]
    quiet += ["--disable-sync", "--disable-gpu", "--no-sandbox", f"--user-data-dir={folder / 'profile'}"]
    logging = ["--enable-logging=stderr", "--virtual-time-budget=2000", "--dump-dom"]
    command = [str(CHROMIUM), "--headless", *quiet, *logging, "--window-size=1300,1000", *flags, frame.as_uri()]
    done = subprocess.run(command, text=True, capture_output=True, timeout=120, check=False)
    found = re.search(r'<pre id="observed">(.*?)</pre>', done.stdout, re.S)
    assert found, done.stderr[-2000:]
    said = "\n".join(line for line in done.stderr.splitlines() if "CONSOLE" in line)
    return json.loads(html.unescape(found.group(1))), said


@pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium here")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 360])
def test_the_page_in_a_browser(quick: Path, measured: results.Results, tmp_path: Path, width: int, scheme: str) -> None:
    flags = ["--blink-settings=preferredColorScheme=0"] if scheme == "dark" else []
    seen, console = opened(quick / "report.html", tmp_path, width, *flags)
    assert console == ""
    assert seen["problems"] == []
    assert seen["inner"] == width
    assert seen["wide"] <= 0
    charts_ = [chart for section in report.sections(measured) for chart in section.charts]
    assert [drawn["id"].split("-title")[0] for drawn in seen["drawn"]] == [chart.name for chart in charts_]
    for drawn in seen["drawn"]:
        assert drawn["width"] > 300, drawn
        assert drawn["height"] > 50, drawn
        assert drawn["marks"] > 5, drawn
        assert drawn["texts"] > 2, drawn
        assert drawn["outside"] == 0, drawn
    which = scheme == "dark"
    assert rgb(colours.GENERAL["ink"][which]) == seen["ink"]
    assert rgb(colours.COLOURS[BLINKER][which]) == seen["line"]
    assert seen["paper"] == ("rgb(18, 22, 27)" if which else "rgb(255, 255, 255)")


def rgb(colour: str) -> str:
    return f"rgb({', '.join(str(int(colour[place : place + 2], 16)) for place in (1, 3, 5))})"


@pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium here")
def test_the_browser_would_tell_of_an_error(quick: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.html"
    broken.write_text((quick / "report.html").read_text().replace("</body>", "<script>undefined_()</script></body>"))
    seen, console = opened(broken, tmp_path, 1200)
    assert "undefined_ is not defined" in console
    assert seen["problems"]

"""From the source to an installed package: what is built and what isn't, and which core is in use afterwards."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tarfile
import venv
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import pytest

SOURCE = Path(__file__).parent.parent
BUILD = ("-m", "build", "--no-isolation")
PYPY = sys.implementation.name == "pypy"
SUBINTERPRETERS = """
import sys
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
for _ in range(5):
    one, other = interpreters.create(), interpreters.create()
    for each in one, other, one:
        failed = interpreters.run_string(each, '''
import gc
import aldis
signal, called = aldis.Signal(), []
@signal.connect
def receiver(sender):
    called.append(sender)
    return aldis.accelerated
assert signal.send("sender") == [(receiver, %s)]
del receiver
gc.collect()  # without the GIL, a function of a module is left to it
assert called == ["sender"] and signal.send() == []
''')
        if failed:
            sys.exit(failed.formatted)
    interpreters.destroy(one)
    interpreters.destroy(other)
import aldis
assert aldis.accelerated is %s
"""

Python = Callable[..., subprocess.CompletedProcess[str]]


if not PYPY:  # which has no subinterpreters

    def test_subinterpreters(run: Python, core: str) -> None:
        done = run("-c", SUBINTERPRETERS.replace("%s", str(core == "compiled")))
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


class Environment:
    """A virtual environment, and nothing of the one that the tests run in."""

    def __init__(self, folder: Path, *requirements: str, pip: Environment | None = None) -> None:
        venv.create(folder, with_pip=pip is None, symlinks=os.name != "nt")
        self.folder = folder
        self.python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        self.pip = pip or self
        if requirements:
            self.install(*requirements)

    def run(self, *arguments: str | Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run ``python ARGUMENTS…`` with no trace of the project's own variables, and return what became of it."""
        ours = ("ALDIS_", "CFLAGS", "COVERAGE_", "PYTHONPATH")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        environment.update(env or {})
        command = [self.python, *arguments]
        piped = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "timeout": 300}
        return subprocess.run(command, cwd=self.folder, env=environment, **piped)  # type: ignore[call-overload,no-any-return]

    def succeed(self, *arguments: str | Path, env: dict[str, str] | None = None) -> str:
        """Run ``python ARGUMENTS…`` and return what it prints."""
        done = self.run(*arguments, env=env)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def install(self, *requirements: str | Path, env: dict[str, str] | None = None) -> None:
        self.pip.succeed("-m", "pip", "--python", self.python, "install", "-q", *requirements, env=env)


def names(archive: Path) -> set[str]:
    """The files in an archive, without the folder that a source distribution has them in."""
    if archive.suffix == ".whl":
        return {name for name in ZipFile(archive).namelist() if ".dist-info/" not in name}
    with tarfile.open(archive) as opened:
        return {member.name.partition("/")[2] for member in opened if member.isfile()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("installation")


@pytest.fixture(scope="module")
def builder(folder: Path) -> Environment:
    """An environment with all that a build needs but for a compiler."""
    requires = re.search(r"^requires = (\[.*\])$", (SOURCE / "pyproject.toml").read_text(), re.MULTILINE)
    assert requires
    return Environment(folder / "builder", "build", *ast.literal_eval(requires[1]))


@pytest.fixture(scope="module")
def sdist(folder: Path, builder: Environment) -> Path:
    builder.succeed(*BUILD, "--sdist", "--outdir", folder / "sdist", SOURCE)
    [sdist] = (folder / "sdist").iterdir()
    return sdist


@pytest.fixture(scope="module")
def wheels(folder: Path, builder: Environment, sdist: Path) -> dict[str, Path]:
    """One folder with a wheel for each core, by the name of the core."""
    for value in "10":
        builder.succeed(*BUILD, "--wheel", "--outdir", folder / "wheels", sdist, env={"ALDIS_EXTENSION": value})
    found = (folder / "wheels").iterdir()
    return {"pure" if "-py3-none-any" in wheel.name else "compiled": wheel for wheel in found}


@pytest.fixture
def empty(tmp_path: Path, builder: Environment) -> Environment:
    """An environment with nothing in it, away from the source."""
    return Environment(tmp_path / "empty", pip=builder)


@pytest.mark.packaging
def test_the_sdist_holds_all_it_takes(sdist: Path) -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=SOURCE, capture_output=True, text=True).stdout.split()
    wanted = {name for name in tracked if not name.startswith(".")}
    assert wanted
    made = {"PKG-INFO", "setup.cfg"}
    assert {name for name in names(sdist) if ".egg-info/" not in name} == wanted | made


@pytest.mark.packaging
@pytest.mark.parametrize("core", ["compiled", "pure"])
def test_the_wheels_hold_the_package_alone(wheels: dict[str, Path], core: str) -> None:
    modules = {f"aldis/{path.name}" for path in (SOURCE / "src" / "aldis").glob("*.py")}
    compiled = {name for name in names(wheels[core]) if name.startswith("aldis/_core_c.")}
    assert names(wheels[core]) == modules | compiled | {"aldis/py.typed"}
    assert [Path(name).suffix in (".so", ".pyd") for name in compiled] == [True] * (core == "compiled")


@pytest.mark.packaging
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the symbols are kept")
def test_the_compiled_core_is_stripped(wheels: dict[str, Path]) -> None:
    [name] = (name for name in names(wheels["compiled"]) if name.endswith(".so"))
    binary = ZipFile(wheels["compiled"]).read(name)
    assert b".dynsym" in binary
    assert b".symtab" not in binary
    assert b".debug_info" not in binary


@pytest.mark.packaging
@pytest.mark.parametrize(
    ("value", "compiler", "tag"),
    [("", "", "py3" if PYPY else "cp"), ("", "false", "py3"), ("1", "", "pp" if PYPY else "cp"), ("0", "false", "py3")],
)
def test_what_is_built(builder: Environment, sdist: Path, tmp_path: Path, value: str, compiler: str, tag: str) -> None:
    environment = {"ALDIS_EXTENSION": value, **({"CC": compiler} if compiler else {})}
    said = builder.succeed(*BUILD, "--wheel", "--outdir", tmp_path, sdist, env=environment)
    [wheel] = tmp_path.iterdir()
    assert wheel.name.split("-")[2].startswith(tag)
    assert ("py3-none-any" in wheel.name) == (tag == "py3") == (not any("_core_c" in name for name in names(wheel)))
    warned = "aldis: the compiled core cannot be built" in said
    assert warned == (compiler == "false" and not value and not PYPY)


@pytest.mark.packaging
@pytest.mark.parametrize(
    ("value", "message"),
    [("1", "\nno compiler here\n"), ("yes", "\nALDIS_EXTENSION must be 0, 1 or unset, not 'yes'.\n")],
)
def test_what_is_not_built(builder: Environment, sdist: Path, tmp_path: Path, value: str, message: str) -> None:
    compiler = """sh -c 'echo "no compiler here"; exit 1'"""
    environment = {"ALDIS_EXTENSION": value, "CC": compiler}
    done = builder.run(*BUILD, "--wheel", "--outdir", tmp_path, sdist, env=environment)
    assert done.returncode != 0
    assert message in done.stdout
    assert not any(tmp_path.iterdir())


@pytest.mark.packaging
@pytest.mark.parametrize("core", ["compiled", "pure"])
def test_an_installed_wheel(empty: Environment, wheels: dict[str, Path], core: str) -> None:
    empty.install("--no-index", wheels[core])
    assert f"{core} core" in empty.succeed("-m", "aldis")
    assert "pure core (ALDIS_PURE_PYTHON=1" in empty.succeed("-m", "aldis", env={"ALDIS_PURE_PYTHON": "1"})
    required = empty.run("-m", "aldis", env={"ALDIS_PURE_PYTHON": "0"})
    assert (required.returncode == 0) == (core == "compiled")
    assert ("No module named 'aldis._core_c'" in required.stdout) == (core == "pure")


@pytest.mark.packaging
def test_pip_prefers_the_compiled_wheel(empty: Environment, wheels: dict[str, Path]) -> None:
    assert len(wheels) == 2
    empty.install("--no-index", "--find-links", wheels["pure"].parent, "aldis")
    assert "compiled core" in empty.succeed("-m", "aldis")


@pytest.mark.packaging
@pytest.mark.parametrize(("implementation", "abi"), [("pp", "pypy311_pp73"), ("cp", "cp39")])
def test_pip_falls_back_to_the_pure_wheel(
    builder: Environment, wheels: dict[str, Path], tmp_path: Path, implementation: str, abi: str
) -> None:
    assert len(wheels) == 2
    other = ("--implementation", implementation, "--abi", abi, "--only-binary=:all:", "--platform=linux_x86_64")
    offer = ("--no-index", "--find-links", wheels["pure"].parent)
    builder.succeed("-m", "pip", "download", "-q", "--python-version=3.11", *other, *offer, "-d", tmp_path, "aldis")
    assert [path.name for path in tmp_path.iterdir()] == [wheels["pure"].name]


@pytest.mark.packaging
def test_an_editable_install_has_both_cores(empty: Environment, sdist: Path, tmp_path: Path) -> None:
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))  # type: ignore[arg-type]
    [source] = tmp_path.glob("aldis-*")
    empty.install("-e", source, env={"ALDIS_EXTENSION": "1"})
    code = "from aldis._core import signals_on as on; print(*(on(core).__file__ for core in ('compiled', 'pure')))"
    assert empty.succeed("-c", code).split() == [str(source / "src" / "aldis" / "signals.py")] * 2


@pytest.mark.packaging
def test_the_import_takes_no_longer_than_blinkers(empty: Environment, wheels: dict[str, Path]) -> None:
    empty.install("blinker==1.9.0", wheels["compiled"])
    code = "import sys, time; start = time.perf_counter(); import {}; print(time.perf_counter() - start)"
    took: dict[str, list[float]] = {"blinker": [], "aldis": []}
    for _ in range(20):
        for module, times in took.items():
            times.append(float(empty.succeed("-c", code.format(module))))
    assert min(took["aldis"]) <= min(took["blinker"])

"""What is built from the source, what wheels contain, and which core an installed package uses."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tarfile
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest

SOURCE = Path(__file__).parents[2]
BUILD = ("-m", "build", "--no-isolation")
PYPY = sys.implementation.name == "pypy"


class Environment:
    """A virtual environment that is independent of the one that the tests run in."""

    def __init__(self, folder: Path, *requirements: str, pip: Environment | None = None) -> None:
        venv.create(folder, with_pip=pip is None, symlinks=os.name != "nt")
        self.folder = folder
        self.python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        self.pip = pip or self
        if requirements:
            self.install(*requirements)

    def run(self, *arguments: str | Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run ``python ARGUMENTS…`` without the project's own environment variables."""
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
    """Return the files in an archive, without the top folder of a source distribution."""
    if archive.suffix == ".whl":
        return {name for name in ZipFile(archive).namelist() if ".dist-info/" not in name}
    with tarfile.open(archive) as opened:
        return {member.name.partition("/")[2] for member in opened if member.isfile()}


def extensions(wheel: Path) -> set[str]:
    return {name for name in names(wheel) if Path(name).suffix in (".so", ".pyd")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("installation")


@pytest.fixture(scope="module")
def builder(folder: Path) -> Environment:
    """An environment with everything that a build needs except a compiler."""
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
    """The wheel of each core, all in one folder."""
    for value in "10":
        builder.succeed(*BUILD, "--wheel", "--outdir", folder / "wheels", sdist, env={"ALDIS_EXTENSION": value})
    found = (folder / "wheels").iterdir()
    return {"pure" if "-py3-none-any" in wheel.name else "compiled": wheel for wheel in found}


@pytest.fixture
def empty(tmp_path: Path, builder: Environment) -> Environment:
    """An empty environment."""
    return Environment(tmp_path / "empty", pip=builder)


@pytest.mark.packaging
def test_sdist_contains_every_tracked_file(sdist: Path) -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=SOURCE, capture_output=True, text=True).stdout.split()
    wanted = {name for name in tracked if not name.startswith(".")}
    assert wanted
    made = {"PKG-INFO", "setup.cfg"}
    assert {name for name in names(sdist) if ".egg-info/" not in name} == wanted | made


@pytest.mark.packaging
@pytest.mark.parametrize("core", ["compiled", "pure"])
def test_wheel_contains_only_the_package(wheels: dict[str, Path], core: str) -> None:
    sources = (SOURCE / "src" / "aldis").rglob("*.py*")
    modules = {path.relative_to(SOURCE / "src").as_posix() for path in sources if path.suffix in (".py", ".pyi")}
    compiled = extensions(wheels[core])
    assert names(wheels[core]) == modules | compiled | {"aldis/py.typed"}
    assert bool(compiled) == (core == "compiled")


@pytest.mark.packaging
@pytest.mark.parametrize(
    ("value", "compiler", "tag"),
    [("", "", "py3" if PYPY else "cp"), ("", "false", "py3"), ("1", "", "pp" if PYPY else "cp"), ("0", "false", "py3")],
)
def test_build(builder: Environment, sdist: Path, tmp_path: Path, value: str, compiler: str, tag: str) -> None:
    environment = {"ALDIS_EXTENSION": value, **({"CC": compiler} if compiler else {})}
    said = builder.succeed(*BUILD, "--wheel", "--outdir", tmp_path, sdist, env=environment)
    [wheel] = tmp_path.iterdir()
    assert wheel.name.split("-")[2].startswith(tag)
    assert ("py3-none-any" in wheel.name) == (tag == "py3") == (not extensions(wheel))
    warned = "aldis: the compiled core cannot be built" in said
    assert warned == (compiler == "false" and not value and not PYPY)


@pytest.mark.packaging
@pytest.mark.parametrize(
    ("value", "message"),
    [("1", "\nno compiler here\n"), ("yes", "\nALDIS_EXTENSION must be 0, 1 or unset, not 'yes'.\n")],
)
def test_build_that_fails(builder: Environment, sdist: Path, tmp_path: Path, value: str, message: str) -> None:
    compiler = """sh -c 'echo "no compiler here"; exit 1'"""
    environment = {"ALDIS_EXTENSION": value, "CC": compiler}
    done = builder.run(*BUILD, "--wheel", "--outdir", tmp_path, sdist, env=environment)
    assert done.returncode != 0
    assert message in done.stdout
    assert not any(tmp_path.iterdir())


@pytest.mark.packaging
@pytest.mark.parametrize("core", ["compiled", "pure"])
def test_installed_wheel_uses_its_core(empty: Environment, wheels: dict[str, Path], core: str) -> None:
    empty.install("--no-index", wheels[core])
    assert f"{core} core" in empty.succeed("-m", "aldis")
    assert "pure core (ALDIS_PURE_PYTHON=1" in empty.succeed("-m", "aldis", env={"ALDIS_PURE_PYTHON": "1"})
    required = empty.run("-m", "aldis", env={"ALDIS_PURE_PYTHON": "0"})
    assert (required.returncode == 0) == (core == "compiled")
    assert ("No module named 'aldis._" in required.stdout) == (core == "pure")

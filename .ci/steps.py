"""Steps that several sessions of noxfile.py share."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import nox

ROOT = Path(__file__).parents[1]
DIST = ROOT / "dist"
BUILD = ["python", "-m", "build", "--installer=uv"]
PURE = {"ALDIS_PURE_PYTHON": "1"}

# Builds use the time of the last commit, so that they are reproducible.
_last_commit = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True)
os.environ.setdefault("SOURCE_DATE_EPOCH", _last_commit.stdout.strip() or "315532800")


def built(pattern: str) -> Path:
    """Return the one file in dist/ that matches the pattern."""
    [path] = DIST.glob(pattern)
    return path


def compiled_wheel(session: nox.Session) -> Path:
    """Return the wheel in dist/ for the session's Python."""
    version = str(session.python).replace(".", "")
    return built(f"*-cp{version.rstrip('t')}-cp{version}-*.whl")


def pure_uri() -> str:
    """Return the URI of the pure wheel in dist/."""
    return built("*-none-any.whl").as_uri()


def unpacked_sdist(session: nox.Session) -> Path:
    """Unpack the source distribution into a temporary folder of the session."""
    folder = Path(session.create_tmp(), "sdist")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.unpack_archive(built("*.tar.gz"), folder)
    [root] = folder.iterdir()
    return root


def build_sdist(session: nox.Session, source: Path, target: Path) -> None:
    session.run(*BUILD, "--quiet", "--sdist", f"--outdir={target}", str(source))
    [path] = target.glob("*.tar.gz")
    session.run("python", str(ROOT / ".ci" / "reproducible.py"), str(path))


def build_wheel(session: nox.Session, source: Path, target: Path, extension: str) -> None:
    session.run(*BUILD, "--wheel", f"--outdir={target}", str(source), env={"ALDIS_EXTENSION": extension})


def pytest(session: nox.Session, *arguments: str, **environment: str) -> None:
    session.run("python", "-m", "pytest", *arguments, *session.posargs, env=environment)


def test_wheel(session: nox.Session, wheel: Path, *arguments: str, **environment: str) -> None:
    """Run the suite of the source distribution on an installed wheel, without the package's source or a compiler."""
    session.env.update(CC="false", CXX="false")
    session.install("--no-index", "--no-deps", str(wheel))
    session.install(f"aldis[test] @ {wheel.as_uri()}")
    root = unpacked_sdist(session)
    shutil.rmtree(root / "src")
    session.chdir(root)
    if os.name == "posix":  # elsewhere the system's libraries are found through PATH, too
        environment["PATH"] = f"{session.bin}:/usr/bin:/bin"
    pytest(session, *arguments, **environment)


def install_for_debugging(session: nox.Session, flags: str) -> None:
    """Compile the core with other flags, and change into the folder of its source and tests."""
    root = unpacked_sdist(session)
    session.install("-e", f"{root}[test]", env={"ALDIS_EXTENSION": "1", "CFLAGS": flags})
    session.chdir(root)

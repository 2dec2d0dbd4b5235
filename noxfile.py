"""Everything that is checked, each thing by its name: ``nox --list`` tells what there is.

The workflows run these sessions and hold no logic of their own, so all that they do can be done anywhere.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

import nox

nox.needs_version = ">=2026.10"  # sessions in parallel
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.allow_parallel = True
nox.options.sessions = ["lint", "typing", "tests-3.13"]

PYTHON = "3.13"  # where one is enough
PYTHONS = ["3.10", "3.11", "3.12", "3.13", "3.14", "3.15", "3.13t", "3.14t", "3.15t"]
PYPY = "pypy3.11"
HERE = [f"tests-{python}" for python in PYTHONS if shutil.which(f"python{python}")]
HERE += [f"tests_pure-{PYPY}"] if shutil.which(PYPY) else []

WHEELS = ["cp310", "cp311", "cp312", "cp313", "cp314", "cp314t", "cp315", "cp315t"]
PLATFORMS = {
    "linux": {arch: [f"manylinux_{arch}", f"musllinux_{arch}"] for arch in ("x86_64", "aarch64")},
    "macos": {"x86_64": ["macosx_x86_64"], "arm64": ["macosx_arm64"]},
    "windows": {"AMD64": ["win_amd64"], "ARM64": ["win_arm64"]},
}

DEEPEST = "tests/test_faults.py::test_signals_that_send_one_another"

ROOT = Path(__file__).parent
DIST = ROOT / "dist"
BUILD = ["python", "-m", "build", "--installer=uv"]

# What is built bears the time of the last commit, not that of the build.
_last_commit = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True)
EPOCH = int(os.environ.setdefault("SOURCE_DATE_EPOCH", _last_commit.stdout.strip() or "315532800"))


def built(pattern: str) -> Path:
    """Return the one file in dist/ that the pattern fits."""
    [path] = DIST.glob(pattern)
    return path


def compiled(session: nox.Session) -> Path:
    """Return the wheel in dist/ for the session's Python."""
    version = str(session.python).replace(".", "")
    return built(f"*-cp{version.rstrip('t')}-cp{version}-*.whl")


def unpacked(session: nox.Session) -> Path:
    """Unpack the source distribution into a folder of the session's own."""
    folder = Path(session.create_tmp(), "sdist")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.unpack_archive(built("*.tar.gz"), folder)
    [root] = folder.iterdir()
    return root


def anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Forget who made a file and when."""
    member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
    member.mtime = EPOCH
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


def build_sdist(session: nox.Session, source: Path, target: Path) -> None:
    """Build a source distribution that is the same, byte for byte, whoever builds it; setuptools alone doesn't."""
    session.run(*BUILD, "--quiet", "--sdist", f"--outdir={target}", str(source))
    [path] = target.glob("*.tar.gz")
    contents = io.BytesIO()
    with tarfile.open(path) as old, tarfile.open(fileobj=contents, mode="w", format=tarfile.GNU_FORMAT) as new:
        for member in sorted(old.getmembers(), key=lambda member: member.name):
            new.addfile(anonymous(member), old.extractfile(member))
    path.write_bytes(gzip.compress(contents.getvalue(), mtime=EPOCH))


@nox.session
def lint(session: nox.Session) -> None:
    """Python, Cython, the metadata and the workflows keep to their rules."""
    session.install("--group=lint")
    workflows = [str(path) for path in Path(".github/workflows").iterdir()]
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("cython-lint", "src")
    session.run("validate-pyproject", "pyproject.toml")
    session.run("zizmor", "--offline", "--pedantic", ".github")
    session.run("check-jsonschema", "--builtin-schema=vendor.github-workflows", *workflows)
    session.run("check-jsonschema", "--builtin-schema=vendor.dependabot", ".github/dependabot.yml")


@nox.session(python=PYTHON)
def typing(session: nox.Session) -> None:
    """mypy and pyright find nothing here, and say of programs that use aldis what they should."""
    session.install("--group=typing", ".[test,bench]", env={"ALDIS_EXTENSION": "0"})
    session.run("mypy")
    session.run("pyright")
    session.run("python", "-m", "pytest", "tests/typing/test_typing.py", env={"ALDIS_PURE_PYTHON": "1"})


@nox.session(python=PYTHON)
def sdist(session: nox.Session) -> None:
    """Build the source distribution into dist/, which is emptied first."""
    shutil.rmtree(DIST, ignore_errors=True)
    session.install("build[uv]")
    build_sdist(session, ROOT, DIST)


@nox.session(python=PYTHONS, requires=["sdist"])
def wheel(session: nox.Session) -> None:
    """From that, build the wheel for one Python."""
    session.install("build[uv]")
    session.run(*BUILD, "--wheel", f"--outdir={DIST}", str(built("*.tar.gz")), env={"ALDIS_EXTENSION": "1"})


@nox.session(python=PYTHON, requires=["sdist"])
def pure(session: nox.Session) -> None:
    """From that, build the wheel for all others."""
    session.install("build[uv]")
    session.run(*BUILD, "--wheel", f"--outdir={DIST}", str(built("*.tar.gz")), env={"ALDIS_EXTENSION": "0"})


def run_suite(session: nox.Session, wheel: Path, *arguments: str, **environment: str) -> None:
    """Run the tests as the source distribution has them, on an installed wheel; neither its source is about nor a
    compiler.
    """
    session.env.update(CC="false", CXX="false")
    session.install("--no-index", "--no-deps", str(wheel))
    session.install(f"aldis[test] @ {wheel.as_uri()}")
    root = unpacked(session)
    shutil.rmtree(root / "src")
    session.chdir(root)
    if os.name == "posix":  # elsewhere a path leads to the system's libraries, too
        environment["PATH"] = session.bin
    session.run("python", "-m", "pytest", *arguments, *session.posargs, env=environment)


@nox.session(python=PYTHONS, requires=["wheel-{python}"])
def tests(session: nox.Session) -> None:
    """The suite on both cores, each required, from the wheel that was built."""
    if session.python == PYTHON:
        session.install("gevent")  # for a test of its greenlets, which is left out where it has no wheel
    # Without the GIL, each of the many collections looks through all that there is.
    less = {"ALDIS_DIFFERENTIAL_STEPS": "1000"} if str(session.python).endswith("t") else {}
    run_suite(session, compiled(session), **less)


@nox.session(python=[PYPY], requires=["pure"])
def tests_pure(session: nox.Session) -> None:
    """The suite from the pure wheel."""
    run_suite(session, built("*-none-any.whl"), ALDIS_PURE_PYTHON="1")


@nox.session(python=["3.11", "3.13", "3.13t", "3.14"], requires=["wheel-{python}"])
def threads(session: nox.Session) -> None:
    """Each test in four threads at once, but for those that concern the whole process."""
    session.install("pytest-run-parallel>=0.10")
    run_suite(
        session,
        compiled(session),
        "--parallel-threads=4",
        "--iterations=1",
        "--skip-thread-unsafe=True",
        "--override-ini=thread_unsafe_fixtures=ask\ncollect\nrun",  # servers, collections and processes
        "--ignore=tests/test_differential.py",  # its machine takes one step after another
        # mock makes magic methods at first use; only the main thread has handlers; garbage dies in any thread; the pure
        # core has one lock for all signals
        "-knot magic and not handler_that and not the_collector_comes and not (pure and waits_for_a_change)",
    )


@nox.session(python="3.10", requires=["wheel-3.10"])
def oldest(session: nox.Session) -> None:
    """The suite with the oldest dependencies that it allows."""
    session.env["UV_RESOLUTION"] = "lowest-direct"
    run_suite(session, compiled(session))


@nox.session(python=PYTHON, requires=["sdist"])
def coverage(session: nox.Session) -> None:
    """No line and no branch of the Python, and no line of the Cython, is left untested."""
    root = unpacked(session)
    session.install("--group=coverage", "-e", f"{root}[test]", env={"ALDIS_EXTENSION": "0"})
    session.chdir(root)
    macros = "USE_MODULE_STATE=1", "USE_TYPE_SPECS=1", "TRACE_NOGIL=1", "USE_SYS_MONITORING=0"
    flags = " ".join(f"-DCYTHON_{macro}" for macro in macros)
    session.run(
        "cythonize", "-q", "-i", "-X", "linetrace=True", "src/aldis/_core_c.pyx", env={"CFLAGS": f"-O0 {flags}"}
    )
    # What is found by chance doesn't count. In the compiled core, a tracer runs where no other code could, so it makes
    # races where there are none. It cannot go on when there is no memory or when a process is ended in the midst of it,
    # is not for subinterpreters, and takes more of the stack than CPython 3.13 reckons with.
    left_out = (
        "--ignore=tests/test_differential.py",
        "--ignore=tests/test_endings.py",
        "--ignore=tests/test_memory_errors.py",
        "--deselect=tests/test_faults.py::test_a_handler_that_changes_the_table",
        "--deselect=tests/test_faults.py::test_pairs_that_end_while_they_are_listed",
        f"--deselect={DEEPEST}",
        "--deselect=tests/test_installation.py::test_subinterpreters",
    )
    chosen = "not (downstream or extended or long or packaging or threads)"
    session.run("coverage", "run", "-m", "pytest", *left_out, "-m", chosen, *session.posargs)
    pure = {"ALDIS_PURE_PYTHON": "1"}  # which a tracer leaves as it is
    session.run("coverage", "run", "-m", "pytest", "tests/test_threads.py", env=pure)
    session.run("coverage", "combine", "-q")
    session.run("coverage", "report")


def build_for_checks(session: nox.Session, flags: str) -> None:
    """Build the compiled core with flags of its own, and go to where its source and the tests are."""
    root = unpacked(session)
    session.install("-e", f"{root}[test]", env={"ALDIS_EXTENSION": "1", "CFLAGS": flags})
    session.chdir(root)


@nox.session(python=PYTHON, requires=["sdist"])
def sanitizers(session: nox.Session) -> None:
    """The suite under AddressSanitizer and UndefinedBehaviorSanitizer, which end it at the first fault of the core."""
    checks = "-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer"
    build_for_checks(session, f"-O1 -g {checks}")
    library = session.run("gcc", "-print-file-name=libasan.so", external=True, silent=True)
    # The interpreter leaves memory behind at its end, and hands out memory in pieces that only malloc can tell apart.
    environment = {"LD_PRELOAD": str(library).strip(), "ASAN_OPTIONS": "detect_leaks=0", "PYTHONMALLOC": "malloc"}
    # Greenlets copy stacks about; frames are larger. Capturing what is written would keep the reports from being seen.
    left_out = "--deselect=tests/test_endings.py::test_greenlets_switch_in_receivers", f"--deselect={DEEPEST}"
    session.run("python", "-m", "pytest", "--capture=sys", *left_out, *session.posargs, env=environment)


@nox.session(python=PYTHON, requires=["sdist"])
def memcheck(session: nox.Session) -> None:
    """All that the compiled core does, a few times each, under valgrind."""
    build_for_checks(session, "-O1 -g")
    session.run("python", "tests/memcheck.py")


@nox.session(python="3.11d", requires=["sdist"])
def refcounts(session: nox.Session) -> None:
    """On a debug build, whose assertions are on, the suite, and the count of all references there are."""
    build_for_checks(session, "-O0 -g")
    left_out = "--ignore=tests/test_memory_errors.py"  # Python 3.11 itself fails its assertions without memory
    session.run("python", "-m", "pytest", left_out, *session.posargs)


@nox.session(python=False)
def readme(session: nox.Session) -> None:
    """The README's command for the tests, in a fresh clone and with nothing but the first ``python3`` on the path."""
    blocks = re.findall(r"^```\w*\n(.*?)^```$", Path("README.md").read_text(), re.MULTILINE | re.DOTALL)
    [command] = [block for block in blocks if "-m pytest" in block]
    clone = Path(session.create_tmp(), "clone")
    shutil.rmtree(clone, ignore_errors=True)
    session.run("git", "clone", "--quiet", str(ROOT), str(clone), external=True)
    session.chdir(clone)
    session.run("bash", "-euxo", "pipefail", "-c", command, external=True)


@nox.session(python=PYTHON)
def packaging(session: nox.Session) -> None:
    """Building and installing in all ways there are, with and without a compiler."""
    session.install("-e", ".[test]")
    session.run("python", "-m", "pytest", "-m", "packaging", *session.posargs)


@nox.session(python=[*PYTHONS, PYPY])
def downstream(session: nox.Session) -> None:
    """Other projects' suites, with aldis in blinker's place; ``-- -k flask`` picks one."""
    session.install("pip", ".[test]")
    pure = {"ALDIS_PURE_PYTHON": "1"} if session.python == PYPY else {}
    session.run("python", "-m", "pytest", "-m", "downstream", *session.posargs, env=pure)


@nox.session(python=PYTHON)
def extended(session: nox.Session) -> None:
    """The suites of more projects, which take longer."""
    session.install("pip", ".[test]")
    session.run("python", "-m", "pytest", "-m", "extended", *session.posargs)


@nox.session(python=["3.11", "3.13", "3.13t", "3.14"])
def endurance(session: nox.Session) -> None:
    """What takes an hour: a million steps of all that is tried by chance, ten minutes of stress, a million of each
    coming and going.
    """
    session.install("-e", ".[test]")
    session.run("python", "-m", "pytest", "-m", "long", *session.posargs)


@nox.session(python=PYTHON, requires=["pure", f"wheel-{PYTHON}"])
def dist(session: nox.Session) -> None:
    """What is in dist/ is complete, well-formed and the same from build to build; the wheels wanted are those built."""
    session.install("--group=dist")
    files = {path.name: path for path in sorted(DIST.glob("aldis-*"))}  # another wheel may be under way
    wheels = [str(path) for path in files.values() if path.suffix == ".whl"]
    session.run("twine", "check", "--strict", *map(str, files.values()))
    session.run("check-wheel-contents", *wheels)
    session.run("pyroma", "--min=10", "--skip-tests=AuthorEmail", ".")
    session.run("check-sdist")
    for wheel in wheels:
        if "linux" in wheel:
            session.run("auditwheel", "show", wheel)

    source = unpacked(session)
    again = source.parent / "again"
    build_sdist(session, source, again)
    session.run(*BUILD, "--wheel", f"--outdir={again}", str(source), env={"ALDIS_EXTENSION": "1"})
    session.run(*BUILD, "--wheel", f"--outdir={again}", str(source), env={"ALDIS_EXTENSION": "0"})
    for path in again.iterdir():
        if path.read_bytes() != files[path.name].read_bytes():
            session.error(f"{path.name} is another one when it is built from another folder")

    for platform, architectures in PLATFORMS.items():
        for architecture, systems in architectures.items():
            choose = f"--platform={platform}", f"--archs={architecture}"
            listed = session.run("cibuildwheel", "--print-build-identifiers", *choose, silent=True)
            if sorted(str(listed).split()) != sorted(f"{tag}-{system}" for tag in WHEELS for system in systems):
                session.error(f"cibuildwheel would build other wheels for {platform} than wanted: {listed}")

    for name, path in files.items():
        session.log(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {name}  {path.stat().st_size:,} bytes")


@nox.session
def wheels(session: nox.Session) -> None:
    """From the source distribution in dist/, build and test the wheels for this system, into wheelhouse/."""
    session.install("--group=dist")
    session.run("cibuildwheel", str(built("*.tar.gz")))


@nox.session(python=False)
def notes(session: nox.Session) -> None:
    """Write the newest notes of CHANGES.md to build/notes.md; ``-- TAG`` holds them, and the version, against a tag."""
    [version] = re.findall(r'^__version__ = "(.+)"$', Path("src/aldis/__init__.py").read_text(), re.MULTILINE)
    heading, _, text = Path("CHANGES.md").read_text().split("\n## ")[1].partition("\n")
    if heading.split()[0] != version:
        session.error(f"aldis is at {version}, CHANGES.md at {heading}")
    dated = re.search(r"\d{4}-\d\d-\d\d", heading)
    if session.posargs and (session.posargs != [f"v{version}"] or not dated):
        session.error(f"The tag is {session.posargs[0]}, aldis is at {version}, and CHANGES.md at {heading}")
    if not dated:
        session.warn(f"CHANGES.md has no date for {version} yet: a release needs one")
    Path("build").mkdir(exist_ok=True)
    Path("build/notes.md").write_text(f"{text.strip()}\n")
    session.log(f"build/notes.md has the notes of {heading}")


@nox.session(python=False, requires=["lint", "typing", *HERE, "dist", "notes"])
def rehearse(session: nox.Session) -> None:
    """All of a release but the upload, for the Pythons that are here."""
    if not HERE:
        session.error(f"No Python of these is on the path: {', '.join([*PYTHONS, PYPY])}")
    session.log("What is in dist/ would be uploaded, with the notes in build/notes.md")


@nox.session(python=PYTHON)
def benchmarks(session: nox.Session) -> None:
    """The quick benchmarks and their report, in benchmarks/results/, and whether both are right."""
    session.install(".[bench,test]")
    session.run("python", "-m", "benchmarks", "--quick", *session.posargs)
    session.run("python", "-m", "pytest", "tests/test_benchmarks.py")


@nox.session(python=PYTHON)
def compare(session: nox.Session) -> None:
    """What became slower or faster since a commit, measured here and now: ``-- COMMIT``."""
    folder = Path(session.create_tmp())
    base = folder / "base"
    shutil.rmtree(base, ignore_errors=True)
    session.run("git", "clone", "--quiet", str(ROOT), str(base), external=True)
    session.run("git", "-C", str(base), "checkout", "--quiet", *session.posargs, external=True)
    session.install(".[bench]")
    for times in ("once", "again"):
        for name, source in {"old": base, "new": ROOT}.items():
            session.install("--no-deps", "--reinstall-package=aldis", str(source), env={"ALDIS_EXTENSION": "1"})
            session.run("python", "-m", "benchmarks", "--quick", f"--output={folder / times / name}")
    once, again = (
        [str(folder / times / name / "results.json") for name in ("old", "new")] for times in ("once", "again")
    )
    session.run("python", "-m", "benchmarks", "compare", *once, "--again", *again)


@nox.session(python=PYTHON)
def guard(session: nox.Session) -> None:
    """Whether a hot path takes more instructions than it did in a commit: ``-- COMMIT``. valgrind counts them."""
    session.install("pip", ".[bench]")
    session.run("python", "-m", "benchmarks", "guard", *session.posargs, str(ROOT))

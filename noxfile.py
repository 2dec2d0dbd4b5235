"""Every check of the project, as a session: ``nox --list`` shows them.

The workflows only run these sessions, so everything that they check can be checked anywhere.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import nox

sys.path.insert(0, str(Path(__file__).parent / ".ci"))
from steps import (
    DIST,
    PURE,
    ROOT,
    build_sdist,
    build_wheel,
    built,
    compiled_wheel,
    install_for_debugging,
    pure_uri,
    pytest,
    test_wheel,
    unpacked_sdist,
)

nox.needs_version = ">=2026.10"  # runs sessions in parallel
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.allow_parallel = True
nox.options.sessions = ["lint", "typing", "tests-3.13"]

PYTHON = "3.13"  # for checks that need only one Python
OLDEST = "3.11"
PYTHONS = ["3.11", "3.12", "3.13", "3.14", "3.15", "3.13t", "3.14t", "3.15t"]
PYPY = "pypy3.11"
INSTALLED = [f"tests-{python}" for python in PYTHONS if shutil.which(f"python{python}")]
INSTALLED += [f"tests-pure-{PYPY}"] if shutil.which(PYPY) else []
RELEASE = ["lint", "typing", "docs", *INSTALLED, "dist", "release-notes"]


@nox.session
def lint(session: nox.Session) -> None:
    """Check the style of Python and Cython, the metadata, and the workflows."""
    session.install("--group=lint")
    workflows = [str(path) for path in Path(".github/workflows").iterdir()]
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("cython-lint", "src")
    session.run("validate-pyproject", "pyproject.toml")
    session.run("zizmor", "--offline", "--pedantic", ".github")
    session.run("check-jsonschema", "--builtin-schema=vendor.github-workflows", *workflows)
    session.run("check-jsonschema", "--builtin-schema=vendor.dependabot", ".github/dependabot.yml")
    session.run("check-jsonschema", "--builtin-schema=vendor.readthedocs", ".readthedocs.yaml")


@nox.session(python=PYTHON, requires=["pure-wheel"])
def typing(session: nox.Session) -> None:
    """Check the types of the project, and what type checkers report about programs that use aldis."""
    session.install("--group=typing", f"aldis[test,bench] @ {pure_uri()}")
    session.run("mypy")
    session.run("pyright")
    pytest(session, "tests/typing/test_typing.py", **PURE)


@nox.session(python=PYTHON, requires=["pure-wheel"])
def docs(session: nox.Session) -> None:
    """Build the documentation into build/docs, with the reports of the committed results, and check its links."""
    session.install("--group=docs", f"aldis[bench] @ {pure_uri()}")
    for results in sorted(Path("docs/results").glob("*.json")):
        folder = Path("build/extra/reports", results.stem)
        folder.mkdir(parents=True, exist_ok=True)
        session.run("python", "-m", "benchmarks", "report", str(results), f"--output={folder}")
    options = "-q", "-W", "-n", "-E", "--keep-going", "-Dhtml_extra_path=../build/extra"
    session.run("sphinx-build", *options, "docs", "build/docs")
    session.run("python", "docs/check_links.py", "build/docs")


@nox.session(python=PYTHON)
def sdist(session: nox.Session) -> None:
    """Empty dist/ and build the source distribution into it."""
    shutil.rmtree(DIST, ignore_errors=True)
    session.install("build[uv]")
    build_sdist(session, ROOT, DIST)


@nox.session(python=PYTHONS, requires=["sdist"])
def wheel(session: nox.Session) -> None:
    """Build the wheel for one Python from the source distribution."""
    session.install("build[uv]")
    build_wheel(session, built("*.tar.gz"), DIST, "1")


@nox.session(python=PYTHON, requires=["sdist"], name="pure-wheel")
def pure_wheel(session: nox.Session) -> None:
    """Build the pure wheel from the source distribution."""
    session.install("build[uv]")
    build_wheel(session, built("*.tar.gz"), DIST, "0")


@nox.session(python=PYTHON, requires=["pure-wheel", f"wheel-{PYTHON}"])
def dist(session: nox.Session) -> None:
    """Check that dist/ is complete and reproducible, and that cibuildwheel would build the right wheels."""
    session.install("--group=dist")
    wheels = [str(path) for path in DIST.glob("*.whl")]
    session.run("twine", "check", "--strict", str(built("*.tar.gz")), *wheels)
    session.run("check-wheel-contents", *wheels)
    session.run("pyroma", "--min=10", "--skip-tests=AuthorEmail", ".")
    session.run("check-sdist")
    for wheel in wheels:
        if "linux" in wheel:
            session.run("auditwheel", "show", wheel)

    source = unpacked_sdist(session)
    again = source.parent / "again"
    build_sdist(session, source, again)
    build_wheel(session, source, again, "1")
    build_wheel(session, source, again, "0")
    session.run("python", ".ci/check_dist.py", str(again))


@nox.session
def wheels(session: nox.Session) -> None:
    """Build and test the wheels for this system from the source distribution in dist/, into wheelhouse/."""
    session.install("--group=dist")
    session.run("cibuildwheel", str(built("*.tar.gz")))


@nox.session(python=False, name="release-notes")
def release_notes(session: nox.Session) -> None:
    """Write the newest notes of CHANGES.md to build/notes.md; ``-- TAG`` checks them against a tag."""
    session.run("python3", ".ci/release_notes.py", *session.posargs, external=True)


@nox.session(python=False, requires=RELEASE, name="release-dry-run")
def release_dry_run(session: nox.Session) -> None:
    """Do everything of a release except the upload, for the Pythons that are installed."""
    if not INSTALLED:
        session.error(f"None of these Pythons is on the PATH: {', '.join([*PYTHONS, PYPY])}")
    session.log("A release would upload what is in dist/, with the notes in build/notes.md")


@nox.session(python=PYTHONS, requires=["wheel-{python}"])
def tests(session: nox.Session) -> None:
    """Run the suite on both cores, from the compiled wheel."""
    if session.python == PYTHON:
        session.install("gevent")
    test_wheel(session, compiled_wheel(session))


@nox.session(python=[PYPY], requires=["pure-wheel"], name="tests-pure")
def tests_pure(session: nox.Session) -> None:
    """Run the suite from the pure wheel."""
    test_wheel(session, built("*-none-any.whl"), **PURE)


@nox.session(python=["3.11", "3.13", "3.13t", "3.14"], requires=["wheel-{python}"], name="tests-parallel")
def tests_parallel(session: nox.Session) -> None:
    """Run each test in four threads at once, except the tests that change the whole process."""
    session.install("pytest-run-parallel>=0.10")
    options = "--parallel-threads=4", "--iterations=1", "--skip-thread-unsafe=True"
    unsafe = "--override-ini=thread_unsafe_fixtures=collect\nrun"  # collections and processes
    test_wheel(session, compiled_wheel(session), *options, unsafe)


@nox.session(python=OLDEST, requires=[f"wheel-{OLDEST}"], name="tests-oldest")
def tests_oldest(session: nox.Session) -> None:
    """Run the suite with the oldest dependencies that it allows."""
    session.env["UV_RESOLUTION"] = "lowest-direct"
    test_wheel(session, compiled_wheel(session))


@nox.session(python=PYTHON, requires=["sdist"])
def coverage(session: nox.Session) -> None:
    """Require that the tests run every line and branch of the Python, and every line of the Cython."""
    root = unpacked_sdist(session)
    macros = "TRACE=1", "TRACE_NOGIL=1", "USE_SYS_MONITORING=0"
    environment = {"ALDIS_EXTENSION": "1", "CFLAGS": " ".join(["-O0", *(f"-DCYTHON_{macro}" for macro in macros)])}
    session.install("--group=coverage", "-e", f"{root}[test]", env=environment)
    session.chdir(root)
    directives = "linetrace=True", "annotation_typing=False", "auto_pickle=False", "binding=False"
    options = [option for directive in directives for option in ("-X", directive)]
    session.run("cythonize", "-3", "-q", "-f", "-i", *options, "src/aldis/_dispatch_c.pyx", env=environment)
    default = "not (deployment or downstream or extended or long or packaging or servers)"
    session.run("coverage", "run", "-m", "pytest", "-m", f"{default} and not untraced", *session.posargs)
    session.run("coverage", "combine", "-q")
    session.run("coverage", "report")


@nox.session(python=PYTHON, requires=["sdist"])
def sanitizers(session: nox.Session) -> None:
    """Run the suite under AddressSanitizer and UndefinedBehaviorSanitizer."""
    checks = "-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer"
    install_for_debugging(session, f"-O1 -g {checks}")
    library = session.run("gcc", "-print-file-name=libasan.so", external=True, silent=True)
    # The interpreter frees not everything when it exits, and only malloc tells the sanitizer of each allocation.
    environment = {"LD_PRELOAD": str(library).strip(), "ASAN_OPTIONS": "detect_leaks=0", "PYTHONMALLOC": "malloc"}
    pytest(session, "--capture=sys", **environment)  # reports go to the file descriptor, and stay visible


@nox.session(python=PYTHON, requires=["sdist"])
def memcheck(session: nox.Session) -> None:
    """Run every workload on the compiled core under valgrind."""
    install_for_debugging(session, "-O1 -g")
    session.run("python", "tests/support/memcheck.py")


@nox.session(python="3.11d", requires=["sdist"])
def refcounts(session: nox.Session) -> None:
    """Run the suite on a debug build of CPython, which has assertions and counts all references."""
    install_for_debugging(session, "-O0 -g")
    # Without memory, assertions of Python 3.11 itself fail.
    pytest(session, "--ignore=tests/safety/test_memory_errors.py")


@nox.session(python=["3.11", "3.13", "3.13t", "3.14"])
def soak(session: nox.Session) -> None:
    """Run the tests that take an hour: random operations, stress, and leaks over a million repetitions."""
    session.install("-e", ".[test]", env={"ALDIS_EXTENSION": "1"})
    pytest(session, "-m", "long")


@nox.session(python=False)
def readme(session: nox.Session) -> None:
    """Run the README's test command in a fresh clone."""
    blocks = re.findall(r"^```\w*\n(.*?)^```$", Path("README.md").read_text(), re.MULTILINE | re.DOTALL)
    [command] = [block for block in blocks if "-m pytest" in block]
    clone = Path(session.create_tmp(), "clone")
    shutil.rmtree(clone, ignore_errors=True)
    session.run("git", "clone", "--quiet", str(ROOT), str(clone), external=True)
    session.chdir(clone)
    session.run("bash", "-euxo", "pipefail", "-c", command, external=True)


@nox.session(python=PYTHON)
def packaging(session: nox.Session) -> None:
    """Build and install the package in every way, with and without a compiler."""
    session.install("-e", ".[test]")
    pytest(session, "-m", "packaging")


@nox.session(python=PYTHON, requires=[f"wheel-{PYTHON}"])
def deployment(session: nox.Session) -> None:
    """Run servers, task queues and process pools on aldis in blinker's place."""
    session.install(f"aldis[test] @ {compiled_wheel(session).as_uri()}", "--group=deployment")
    pytest(session, "-m", "deployment")


@nox.session(python=PYTHON, requires=[f"wheel-{PYTHON}"])
def relay(session: nox.Session) -> None:
    """Run the relay against RabbitMQ and Redis, both required."""
    for program in ("rabbitmq-server", "redis-server"):
        if not shutil.which(program):
            session.error(f"{program} is not installed")
    session.install(f"aldis[test,relay] @ {compiled_wheel(session).as_uri()}")
    pytest(session, "-m", "servers")


@nox.session(python=PYTHONS, requires=["wheel-{python}"])
def downstream(session: nox.Session) -> None:
    """Run the suites of other projects with aldis in blinker's place; ``-- -k flask`` selects one."""
    session.install("pip", f"aldis[test] @ {compiled_wheel(session).as_uri()}")
    pytest(session, "-m", "downstream")


@nox.session(python=[PYPY], requires=["pure-wheel"], name="downstream-pure")
def downstream_pure(session: nox.Session) -> None:
    """Run the suites of other projects with the pure core in blinker's place."""
    session.install("pip", f"aldis[test] @ {pure_uri()}")
    pytest(session, "-m", "downstream", **PURE)


@nox.session(python=PYTHON, name="downstream-slow")
def downstream_slow(session: nox.Session) -> None:
    """Run the slow suites of other projects with aldis in blinker's place."""
    session.install("pip", ".[test]")
    pytest(session, "-m", "extended")


@nox.session(python=PYTHON, requires=[f"wheel-{PYTHON}"])
def benchmarks(session: nox.Session) -> None:
    """Run the quick benchmarks, write their report to benchmarks/results, and test the benchmark suite."""
    session.install(f"aldis[bench,test] @ {compiled_wheel(session).as_uri()}")
    session.run("python", "-m", "benchmarks", "--quick", *session.posargs)
    session.run("python", "-m", "pytest", "tests/packaging/test_benchmarks.py")


@nox.session(python=PYTHON)
def instructions(session: nox.Session) -> None:
    """Count the instructions of the hot paths with valgrind, and compare them with a commit's: ``-- COMMIT``."""
    session.install("pip", ".[bench]")
    session.run("python", "-m", "benchmarks", "instructions", *(f"--base={commit}" for commit in session.posargs))

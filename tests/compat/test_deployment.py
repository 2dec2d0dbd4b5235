"""Servers and other real programs run on aldis, and so do the processes that they start."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from importlib import metadata
from pathlib import Path

import pytest

pytestmark = [pytest.mark.deployment, pytest.mark.skipif(os.name == "nt", reason="stops process groups")]

APP = """
import os, blinker, flask
app = flask.Flask(__name__)
app.route("/")(lambda: f"{blinker.__name__} {os.getpid()}")
"""
SERVERS = {
    "flask": "flask --app app run --port PORT",
    "flask reloader": "flask --app app run --port PORT --debug",
    "gunicorn": "gunicorn --bind 127.0.0.1:PORT app:app",
    "gunicorn preload": "gunicorn --bind 127.0.0.1:PORT --preload app:app",
    "gunicorn gevent": "gunicorn --bind 127.0.0.1:PORT --worker-class gevent app:app",
    "hypercorn": "hypercorn --bind 127.0.0.1:PORT app:app",
    "uvicorn reloader": "uvicorn --port PORT --interface wsgi --reload app:app",
    "uvicorn workers": "uvicorn --port PORT --interface wsgi --workers 2 app:app",
    "uwsgi": "uwsgi --http-socket 127.0.0.1:PORT --master --module app:app",
    "waitress": "waitress-serve --listen 127.0.0.1:PORT app:app",
}
ENVIRONMENT = {**os.environ, "PATH": f"{os.path.dirname(sys.executable)}{os.pathsep}{os.environ['PATH']}"}
WITH_ALDIS = [sys.executable, "-m", "aldis"]


def need(*programs: str) -> None:
    """Skip the test if a program is not installed."""
    if missing := [name for name in programs if not any(metadata.Distribution.discover(name=name))]:
        pytest.skip(f"{' and '.join(missing)} is not installed")


@contextmanager
def started(folder: Path, *command: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run the command in the folder, and kill it with all its children."""
    process = subprocess.Popen(command, cwd=folder, env=ENVIRONMENT, start_new_session=True)
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait(process: subprocess.Popen[bytes], outcome: Callable[[], str]) -> list[str]:
    """Wait until the running program has an outcome, and return its words."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError, http.client.HTTPException):
            if words := outcome().split():
                return words
        time.sleep(0.05)
    pytest.fail("the program has ended" if process.poll() is not None else "the program has no outcome")


@contextmanager
def served(folder: Path, command: str, *start: str) -> Iterator[tuple[int, Callable[..., list[str]]]]:
    """Serve app.py on a free port; yield the server's process id and a function that asks the application."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    def answer() -> str:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
            connection.request("GET", "/")
            return connection.getresponse().read().decode()

    with started(folder, *start, *command.replace("PORT", str(port)).split()) as process:
        yield process.pid, lambda accept=str: wait(process, lambda: accept(answer()))


@pytest.mark.parametrize("server", [*SERVERS, *(f"{server}, by itself" for server in SERVERS if "flask" not in server)])
def test_a_server_and_its_children_run_on_aldis(tmp_path: Path, server: str) -> None:
    server, _, by_itself = server.partition(", ")
    program, _, variant = server.partition(" ")
    need(program, *["gevent"] * (variant == "gevent"))
    app = tmp_path / "app.py"
    app.write_text(f"import aldis.as_blinker\n{APP}" if by_itself else APP)
    with served(tmp_path, SERVERS[server], *([] if by_itself else WITH_ALDIS)) as (process, ask):
        name, by = ask()
        assert name == "aldis"
        assert (by == str(process)) == (server in ("flask", "waitress"))
        if server in ("flask reloader", "gunicorn", "uvicorn reloader"):
            time.sleep(1)  # until the reloader has seen the file
            app.write_text(f"{app.read_text()}\n# changed")
            if server == "gunicorn":
                os.kill(process, signal.SIGHUP)
            assert ask(lambda said: "" if said.endswith(f" {by}") else said)[0] == "aldis"


def test_celery_runs_tasks_on_aldis(tmp_path: Path) -> None:
    need("celery")
    (tmp_path / "tasks.py").write_text("""if True:
        import os, pathlib, blinker, celery
        app = celery.Celery("tasks", broker="memory://")
        @app.task
        def task(): pathlib.Path("outcome").write_text(f"{blinker.__name__} {os.getpid()}")
        send = celery.signals.worker_ready.connect(lambda **_: task.delay(), weak=False)
    """)
    with started(tmp_path, *WITH_ALDIS, "celery", "-A", "tasks", "worker", "-c1") as process:
        name, by = wait(process, (tmp_path / "outcome").read_text)
        assert name == "aldis" and by != str(process.pid)


def test_pytest_workers_run_on_aldis(tmp_path: Path) -> None:
    need("pytest-xdist")
    (tmp_path / "test_name.py").write_text("""if True:
        import blinker
        def test_name(worker_id):
            assert worker_id[:2] == "gw" and blinker.__name__ == "aldis"
        test_again = test_name
    """)
    done = subprocess.run([*WITH_ALDIS, "pytest", "-n2"], cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True)
    assert "2 passed" in done.stdout


@pytest.mark.parametrize("method", ["fork", "forkserver", "spawn"])
def test_multiprocessing_children_run_on_aldis_with_the_options_of_python(tmp_path: Path, method: str) -> None:
    (tmp_path / "program.py").write_text("""if True:
        import concurrent.futures, multiprocessing, sys
        def name():
            import blinker
            return blinker.__name__, sys.flags.dev_mode, sys.warnoptions
        if __name__ == "__main__":
            context = multiprocessing.get_context(sys.argv[1])
            with context.Pool(1) as pool, concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as executor:
                print(*pool.apply(name), *executor.submit(name).result())
    """)
    start = [sys.executable, "-Xdev", "-m", "aldis", "-Wignore", "program.py", method]
    said = subprocess.check_output(start, cwd=tmp_path, text=True)
    assert said.split() == ["aldis", "True", "['default',", "'ignore']"] * 2

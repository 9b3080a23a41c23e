"""`manage.py serve` as an operator meets it: started from nothing, stopped, killed, started again."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.support.processes import children_of, command_of, wait_until
from tests.support.server import ROOT, ConsoleServer

# Servers have test_run_servers.py and test_serve_processes.py.
pytestmark = pytest.mark.embedded

StartServer = Callable[..., ConsoleServer]
OWNER_LINK = re.compile(r"First owner +(http://\S+)")


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that ended and waits to be collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def workers_of(server: ConsoleServer) -> list[int]:
    """The Celery workers among the console's children; those that render pages are others."""
    return [pid for pid in children_of(server.pid) if "opencode.server.worker" in command_of(pid)]


def worker_of(server: ConsoleServer) -> int:
    """The worker's id, once it runs."""
    return wait_until(lambda: workers_of(server), "the worker runs")[0]


def all_gone(pids: list[int]) -> Callable[[], bool]:
    return lambda: not any(map(is_alive, pids))


def get(url: str) -> httpx.Response:
    return httpx.get(url, trust_env=False, timeout=10)


def test_first_start_needs_nothing_and_offers_the_owner_a_link(tmp_path: Path) -> None:
    with ConsoleServer(tmp_path / "new", with_worker=True) as server:
        assert get(f"{server.url}/readyz").json() == {"status": "ready"}
        assert get(f"{server.url}/healthz").json() == {"status": "ok"}
        link = OWNER_LINK.search(server.log)
        assert link is not None
        assert link[1].startswith(server.url)
        assert get(link[1]).status_code == httpx.codes.OK
        assert (server.data_dir / "secret_key").stat().st_mode & 0o077 == 0


def test_every_start_offers_the_owner_a_link_until_there_is_one(console_server: ConsoleServer) -> None:
    console_server.ask("tests.support.seed")
    console_server.stop()
    console_server.log_path.unlink()
    console_server.start()
    assert OWNER_LINK.search(console_server.log)
    console_server.ask("tests.support.own")
    console_server.stop()
    console_server.log_path.unlink()
    console_server.start()
    assert OWNER_LINK.search(console_server.log) is None


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_server_and_worker(start_server: StartServer, number: signal.Signals) -> None:
    server = start_server(with_worker=True)
    worker = worker_of(server)
    os.kill(server.pid, number)
    assert server._process is not None
    assert server._process.wait() == 0
    assert not is_alive(worker)
    assert "console_ended" in server.log


def test_killed_server_takes_its_worker_along_and_starts_again(start_server: StartServer) -> None:
    server = start_server(with_worker=True)
    worker = worker_of(server)
    assert server._process is not None
    server._process.kill()
    server._process.wait()
    server.start()
    assert get(f"{server.url}/readyz").is_success
    wait_until(all_gone([worker]), "the old worker ended by itself")
    assert worker_of(server) != worker


def test_killed_worker_is_started_again(start_server: StartServer) -> None:
    server = start_server(with_worker=True)
    first = worker_of(server)
    os.kill(first, signal.SIGKILL)
    second = wait_until(lambda: [pid for pid in workers_of(server) if pid != first], "another worker runs")
    assert is_alive(second[0])
    assert "program_restarting" in server.log
    assert "program=worker" in server.log
    assert "exit_code=-9" in server.log


def test_broker_left_half_written_does_not_stop_the_worker(start_server: StartServer) -> None:
    server = start_server(with_worker=True)
    binding = server.data_dir / "queue" / "control" / "celery.exchange"
    wait_until(binding.exists, "the worker wrote its bindings")
    server.kill9()
    binding.write_text('[["cel')
    server.start()
    wait_until(lambda: binding.exists() and binding.read_text().endswith("]]"), "the worker wrote its bindings anew")
    assert "program_restarting" not in server.log


def test_taken_port_is_one_clear_line(tmp_path: Path) -> None:
    server = ConsoleServer(tmp_path / "console")
    with socket.create_server(("127.0.0.1", server.port)):
        ended = subprocess.run(
            [sys.executable, "manage.py", "serve"],
            cwd=ROOT,
            env=server.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
    assert ended.returncode == 2
    assert ended.stderr.splitlines() == [
        f"CommandError: Cannot listen on 127.0.0.1 port {server.port}: Address already in use. "
        "Set HOST or PORT to another address."
    ]
    assert not (server.data_dir / "console.sqlite3").exists()


def test_wrong_setting_is_named(tmp_path: Path) -> None:
    server = ConsoleServer(tmp_path / "console", environment={"PORT": "eight"})
    ended = subprocess.run(
        [sys.executable, "manage.py", "serve"],
        cwd=ROOT,
        env=server.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode != 0
    assert "PORT" in ended.stderr.splitlines()[-1]


def test_next_start_has_nothing_to_prepare(console_server: ConsoleServer) -> None:
    console_server.log_path.unlink()
    console_server.restart()
    assert "migrations_run=0 " in console_server.log
    assert "static_files_collected=False" in console_server.log
    assert get(f"{console_server.url}/readyz").is_success


def test_changed_static_file_is_collected_again(console_server: ConsoleServer) -> None:
    stamp = console_server.data_dir / "staticfiles" / ".collected"
    stamp.write_text("another set of files")
    console_server.restart()
    assert "static_files_collected=True" in console_server.log
    assert get(f"{console_server.url}/accounts/login/").is_success


def test_server_does_not_say_what_it_runs_on(console_server: ConsoleServer) -> None:
    assert "server" not in get(f"{console_server.url}/healthz").headers

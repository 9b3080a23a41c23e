"""`manage.py run_servers` as an operator meets it: everything comes up on one port and nothing stays behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.processes import children_of, free_port, kill_all, wait_until
from tests.support.server import ROOT

PROGRAMS = ("mariadbd", "redis-server", "moto_server", "opencode.server.webprocess", "opencode.server.worker")


def command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


def environment(data_dir: Path, port: int, path: str) -> dict[str, str]:
    return {"PATH": path, "HOME": str(data_dir), "OPENCODE_DATA_DIR": str(data_dir), "PORT": str(port)}


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def run(tmp_path: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "run_servers"],
            cwd=ROOT,
            env=environment(tmp_path / "data", port, os.environ["PATH"]),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        yield process
        kill_all([process.pid, *children_of(process.pid)])
        process.wait()


def is_up(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False, timeout=5).is_success
    except httpx.TransportError:
        return False


@pytest.mark.servers
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_everything_serves_and_ends_with_the_command(
    run: subprocess.Popen[bytes], port: int, tmp_path: Path, number: signal.Signals
) -> None:
    wait_until(lambda: is_up(port), "the console answers", 60)
    family = children_of(run.pid)
    commands = [command_of(pid) for pid in family]
    assert [program for program in PROGRAMS if not any(program in command for command in commands)] == []
    assert sum("opencode.server.webprocess" in command for command in commands) == 2
    assert (tmp_path / "data/servers/secret_key").stat().st_mode & 0o077 == 0
    run.send_signal(number)
    assert run.wait(30) in {0, -signal.SIGKILL}
    wait_until(lambda: not any(map(command_of, family)), "nothing stays behind", 20)


def test_missing_server_is_named_with_how_to_get_it(tmp_path: Path, port: int) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", HIDDEN],
        cwd=ROOT,
        env=environment(tmp_path, port, ""),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2, ended.stderr
    assert "is not installed" in ended.stderr
    assert "apt-get install mariadb-server redis-server" in ended.stderr


HIDDEN = """
import shutil, sys
shutil.which = lambda *_, **__: None
sys.argv = ["manage.py", "run_servers"]
import manage
manage.main()
"""

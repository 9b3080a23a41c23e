"""`manage.py serve --processes 2`: several web processes on one port, restarted, drained and never orphaned."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.support.fixtures import StartServer
from tests.support.processes import children_of, command_of, wait_until
from tests.support.server import ROOT, ConsoleServer


def web_processes(server: ConsoleServer) -> list[int]:
    return [pid for pid in children_of(server.pid) if "opencode.server.webprocess" in command_of(pid)]


def is_ready(server: ConsoleServer) -> bool:
    try:
        return httpx.get(f"{server.url}/readyz", trust_env=False, timeout=5).is_success
    except httpx.TransportError:
        return False


@pytest.fixture
def server(start_server: StartServer) -> ConsoleServer:
    return start_server(processes=2)


@pytest.mark.servers
def test_killed_web_process_is_replaced_while_the_other_serves(server: ConsoleServer) -> None:
    first, second = web_processes(server)
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: is_ready(server), "the other process serves")
    replaced = wait_until(lambda: {*web_processes(server)} - {first, second}, "another process runs")
    assert len(replaced) == 1
    assert second in web_processes(server)
    assert "program_restarting" in server.log
    assert "program='web process'" in server.log


@pytest.mark.servers
def test_killed_parent_takes_its_web_processes_along(server: ConsoleServer) -> None:
    children = web_processes(server)
    os.kill(server.pid, signal.SIGKILL)
    wait_until(lambda: not any("webprocess" in command_of(pid) for pid in children), "the children ended")
    server.kill9()
    server.start()
    assert len(web_processes(server)) == 2


@pytest.mark.servers
def test_signal_ends_every_process_in_order(server: ConsoleServer) -> None:
    children = web_processes(server)
    os.kill(server.pid, signal.SIGTERM)
    assert server._process is not None
    assert server._process.wait() == 0
    assert [command_of(pid) for pid in children] == ["", ""]
    assert "program_killed" not in server.log
    assert "console_ended" in server.log


@pytest.mark.embedded
def test_embedded_stack_refuses_a_second_web_process(tmp_path: Path) -> None:
    server = ConsoleServer(tmp_path / "console")
    ended = subprocess.run(
        [sys.executable, "manage.py", "serve", "--processes", "2"],
        cwd=ROOT,
        env=server.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert "needs Redis" in ended.stderr

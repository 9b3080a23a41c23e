"""The harness itself: a server that a test starts is ready, keeps its data over SIGKILL, and says why it failed."""

from pathlib import Path

import httpx
import pytest

from tests.support.processes import children_of
from tests.support.server import ConsoleServer, ServerFailed

pytestmark = pytest.mark.embedded


def test_killed_server_returns_on_its_port_with_its_data(console_server: ConsoleServer) -> None:
    before = console_server.pid
    (console_server.data_dir / "mine").touch()
    console_server.kill9()
    with pytest.raises(httpx.TransportError):
        httpx.get(f"{console_server.url}/healthz", trust_env=False)
    console_server.restart()
    assert console_server.pid != before
    assert httpx.get(f"{console_server.url}/healthz", trust_env=False).json() == {"status": "ok"}


def test_kill9_takes_the_worker_with_it(start_server) -> None:  # type: ignore[no-untyped-def]
    server = start_server(with_worker=True)
    family = children_of(server.pid)
    server.kill9()
    assert family
    assert not [pid for pid in family if Path(f"/proc/{pid}/exe").exists()]


def test_failed_start_shows_the_log(tmp_path: Path) -> None:
    with pytest.raises(ServerFailed, match="PORT"):
        ConsoleServer(tmp_path / "data", environment={"PORT": "99999"}).start()

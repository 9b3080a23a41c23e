"""Fixtures with real processes behind them."""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.server import ConsoleServer

StartServer = Callable[..., ConsoleServer]


def copied_server(prepared: Path, folder: Path, **options: Any) -> ConsoleServer:
    """A console that is not started yet, on a copy of a prepared data directory."""
    shutil.copytree(prepared, folder)
    (folder / "server.log").unlink()
    return ConsoleServer(folder, **options)


@pytest.fixture(scope="session")
def prepared_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory after a first start: migrated, static files collected. The processes of a run share it."""
    # pytest-xdist gives each process a folder below the run's.
    run = (
        tmp_path_factory.getbasetemp().parent if "PYTEST_XDIST_WORKER" in os.environ else tmp_path_factory.getbasetemp()
    )
    folder = run / "prepared"
    with (run / "prepared.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            _prepare(run / "preparing").rename(folder)
    return folder


def _prepare(folder: Path) -> Path:
    with ConsoleServer(folder) as server:
        stack = server.stack
    if stack is not None:
        stack.dump(folder)
        stack.discard()
    return folder


@pytest.fixture
def start_server(prepared_data: Path, tmp_path: Path) -> Iterator[StartServer]:
    """Start consoles with data of their own; takes what ConsoleServer takes. All end with the test."""
    servers: list[ConsoleServer] = []

    def start(**options: Any) -> ConsoleServer:
        servers.append(copied_server(prepared_data, tmp_path / f"console{len(servers)}", **options))
        servers[-1].start()
        return servers[-1]

    yield start
    for server in servers:
        server.stop()
    for stack in {server.stack for server in servers if server.stack}:
        stack.discard()


@pytest.fixture
def console_server(start_server: StartServer) -> ConsoleServer:
    """One running console without a worker."""
    return start_server()


@pytest.fixture(scope="module")
def shared_server(prepared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleServer]:
    """One running console for a module whose tests keep to sessions of their own."""
    with copied_server(prepared_data, tmp_path_factory.mktemp("shared") / "console") as server:
        yield server
    if server.stack is not None:
        server.stack.discard()

"""A worker killed in the middle of a snapshot only delays it, and nothing half written is ever offered."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.server import ROOT, ConsoleServer

WORKER = "tests.sync.archive.snapshots.worker"


@pytest.fixture
def console(prepared_data: Path, tmp_path: Path) -> ConsoleServer:
    """A console's data directory and environment; no server runs."""
    folder = tmp_path / "console"
    shutil.copytree(prepared_data, folder)
    return ConsoleServer(folder)


# Three of the points are inside the file storage's own steps.
IN_FILES = [pytest.param(point, marks=pytest.mark.embedded) for point in ("before-put", "half-put", "after-put")]


@pytest.mark.parametrize("point", ["before-row", *IN_FILES, "before-commit"])
def test_killed_worker_only_delays_the_snapshot(console: ConsoleServer, point: str) -> None:
    killed = subprocess.run(
        [sys.executable, "-m", WORKER, "die", point], cwd=ROOT, env=console.environment(), check=False
    )
    assert killed.returncode == -signal.SIGKILL
    recovery = console.ask(WORKER, "recover")
    assert recovery["before"]["due"]
    assert recovery["before"]["offered_entries"] == 0
    assert (recovery["written"], recovery["failed"]) == (1, 0)
    assert recovery["after"] == {"due": False, "states": ["stored"], "offered_entries": 1}

"""A worker killed between any two steps of cooling or warming loses nothing; two processes warm a session once."""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.server import ROOT, ConsoleServer

WORKER = "tests.sync.archive.cold.worker"
RACERS = 3


@pytest.fixture
def console(prepared_data: Path, tmp_path: Path) -> ConsoleServer:
    """A console's data directory and environment; no server runs."""
    folder = tmp_path / "console"
    shutil.copytree(prepared_data, folder)
    return ConsoleServer(folder)


def killed(console: ConsoleServer, *words: str) -> Any:
    """The state its process left when it was killed in the middle of what it did."""
    command = [sys.executable, "-m", WORKER, *words]
    done = subprocess.run(command, cwd=ROOT, env=console.environment(), check=False, stdout=subprocess.PIPE)
    assert done.returncode == -signal.SIGKILL
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("point", ["before-compare", "before-removal", "before-commit", "after-commit"])
def test_worker_killed_while_it_cools_a_session_loses_nothing(console: ConsoleServer, point: str) -> None:
    seeded = killed(console, "cool", point)
    recovered = console.ask(WORKER, "recover")
    is_cold = point == "after-commit"
    assert recovered["before"] == {**seeded, "cold": is_cold, "rows": {True: [], False: seeded["rows"]}[is_cold]}
    assert recovered["problems"] == []
    assert recovered["after"] == seeded


@pytest.mark.parametrize("point", ["before-rows", "half-rows", "before-commit", "after-commit"])
def test_process_killed_while_it_warms_a_session_loses_nothing(console: ConsoleServer, point: str) -> None:
    seeded = killed(console, "warm", point)
    recovered = console.ask(WORKER, "recover")
    is_cold = point != "after-commit"
    assert (recovered["before"]["cold"], recovered["before"]["held"]) == (is_cold, int(is_cold))
    assert recovered["before"]["rows"] == {True: [], False: recovered["after"]["rows"]}[is_cold]
    assert recovered["problems"] == []
    assert (recovered["after"]["cold"], recovered["after"]["held"]) == (False, 0)
    assert recovered["after"]["rows"][:-1] == seeded["rows"]
    assert recovered["after"]["rows"][-1][:4] == ["session/part/ses_1/m/p", 6, 0, "{}"]


def test_processes_that_ask_at_the_same_time_bring_a_session_back_once(console: ConsoleServer) -> None:
    seeded = console.ask(WORKER, "cold")
    start = str(time.time() + 3)
    racers = [
        subprocess.Popen(
            [sys.executable, "-m", WORKER, "race", start], cwd=ROOT, env=console.environment(), stdout=subprocess.PIPE
        )
        for _ in range(RACERS)
    ]
    answers: list[Any] = [json.loads(racer.communicate(timeout=60)[0].splitlines()[-1]) for racer in racers]
    assert sum(answer.pop("came") for answer in answers) == 1
    columns = seeded["columns"]
    whole = {"epoch": columns["epoch"], "head": int(columns["head_seq"]), "rows": int(columns["entry_count"])}
    assert answers == [whole] * RACERS
    assert console.ask(WORKER, "recover")["after"] == seeded

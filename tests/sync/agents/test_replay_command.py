"""`manage.py replay_traffic` against a running console."""

import json
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.contract.recordings import DATA, LOGIN, OLDER
from tests.support.processes import free_port
from tests.support.server import ROOT, ConsoleServer

# A client, for which every console is the same.
pytestmark = pytest.mark.embedded

RECORDING = DATA / "share_1.14.34_with_diffs.jsonl"


def replay(server: ConsoleServer, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "replay_traffic", *map(str, arguments)],
        cwd=ROOT,
        env=server.environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def stored(link: str) -> list[dict[str, object]]:
    answer = httpx.get(link.replace("/share/", "/api/share/") + "/data", trust_env=False)
    items: list[dict[str, object]] = answer.raise_for_status().json()
    return items


@pytest.mark.parametrize("recording", [RECORDING, DATA / "share_1.18.33.jsonl", DATA / OLDER])
def test_a_recording_is_played_and_its_link_stays_when_asked(shared_server: ConsoleServer, recording: Path) -> None:
    done = replay(shared_server, recording, "--speed", 200, "--keep", "--fresh", "--json")
    result = json.loads(done.stdout)
    assert (done.returncode, result["refused"], len(result["links"])) == (0, 0, 1)
    assert {item["type"] for item in stored(result["links"][0])} >= {"session", "message", "part"}


def test_a_replay_shows_its_progress_and_where_to_watch(shared_server: ConsoleServer) -> None:
    done = replay(shared_server, RECORDING, "--speed", 200)
    assert done.returncode == 0
    assert f"Watch it at {shared_server.url}/share/" in done.stderr
    assert "] 6/6" in done.stderr
    assert done.stdout.strip() == "6 sent, 0 refused, 0 skipped"


def test_played_again_as_fresh_it_is_another_session(shared_server: ConsoleServer) -> None:
    runs = [replay(shared_server, RECORDING, "--speed", 500, "--keep", "--fresh", "--json") for _ in range(2)]
    first, second = (json.loads(run.stdout)["links"][0] for run in runs)
    assert first != second
    assert stored(first)[0] != stored(second)[0]


def test_what_is_no_share_call_is_skipped_with_a_notice(shared_server: ConsoleServer) -> None:
    done = replay(shared_server, DATA / LOGIN, "--speed", 500)
    assert done.returncode == 0
    assert "skipped, it is no share call" in done.stderr
    assert done.stdout.startswith("0 sent, 0 refused, 15 skipped")


def test_a_wrong_token_is_refused_and_said(shared_server: ConsoleServer) -> None:
    done = replay(shared_server, RECORDING, "--speed", 500, "--token", "oc_share_wrong")
    assert done.returncode == 1
    assert "refused, HTTP 404: not_found" in done.stderr
    assert "The server refused part of the recording" in done.stderr


def test_mistakes_are_said_with_their_exit_codes(shared_server: ConsoleServer, tmp_path: Path) -> None:
    no_recording = tmp_path / "x.jsonl"
    no_recording.write_text("{}\n")
    nobody = f"http://127.0.0.1:{free_port()}"
    runs = [
        (replay(shared_server, tmp_path / "missing"), 2, "cannot be read"),
        (replay(shared_server, no_recording), 2, "line 1 is no recorded request"),
        (replay(shared_server, RECORDING, "--speed", 0), 2, "--speed must be above 0"),
        (replay(shared_server, RECORDING, "--server", nobody), 3, "does not answer"),
        (replay(shared_server, RECORDING, "--server", "ftp://x"), 3, "no http address"),
    ]
    assert [done.returncode for done, _, _ in runs] == [code for _, code, _ in runs]
    assert [says in done.stderr for done, _, says in runs] == [True] * len(runs)

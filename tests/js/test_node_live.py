"""The JavaScript client in Node against a real server that is killed while it publishes and follows."""

import json
import shutil
import subprocess
from itertools import chain
from pathlib import Path

from tests.support.requirements import require
from tests.support.server import ConsoleServer

SCRIPT = Path(__file__).resolve().parent / "live" / "publish_and_follow.mjs"
COUNT = 2000
KILL_AFTER = 100


def test_client_gets_and_gives_everything_once_over_a_killed_server(console_server: ConsoleServer) -> None:
    node = require("node", shutil.which("node"), "node (20 or later) is not on the path")
    key = console_server.ask("tests.support.seed")["key"]
    url = f"{console_server.sockets_url}/sync/v1/sessions/ses_1"
    command = [node, "--experimental-websocket", "--no-warnings", str(SCRIPT), url, key, str(COUNT)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        lines = iter(process.stdout)
        before = [next(lines) for _ in range(KILL_AFTER)]
        console_server.kill9()
        console_server.restart()
        after = list(lines)
    assert process.returncode == 0, after[-20:]
    assert before[-1] == f"acked {KILL_AFTER}\n"
    result = json.loads(after[-1])
    assert result["breaks"] >= 1, "it was done before the kill"
    numbers = list(range(1, COUNT + 1))
    # One number for each publish: what was sent again after the kill was not stored again.
    assert sorted(chain.from_iterable({first, last} for first, last in result["acked"])) == numbers
    assert result["seen"] == numbers
    assert result["snapshots"] == 1
    assert sorted(result["texts"]) == sorted(f"part {number - 1}" for number in numbers)

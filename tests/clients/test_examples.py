"""The examples in docs/examples run as they say, against a real console."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from tests.support.processes import wait_until
from tests.support.requirements import require
from tests.support.server import ROOT, ConsoleServer

SESSION = "ses_1"
INFO = f"session/info/{SESSION}"


class Published:
    """A console with one session in it."""

    def __init__(self, server: ConsoleServer) -> None:
        self.server = server
        self.key = server.ask("tests.support.seed")["key"]
        self.path = f"{server.url}/sync/v1/sessions/{SESSION}"
        self.push("first", "a title")

    def push(self, operation_id: str, title: str) -> None:
        body = {"id": operation_id, "updates": [{"key": INFO, "content": {"title": title}}]}
        headers = {"authorization": f"Bearer {self.key}"}
        answer = httpx.post(f"{self.path}/entries", json=body, headers=headers, trust_env=False)
        assert answer.status_code == httpx.codes.OK, answer.text

    @contextmanager
    def running(self, *command: str) -> Iterator["subprocess.Popen[str]"]:
        environment = {**self.server.environment(), "OPENCODE_API_KEY": self.key, "PYTHONPATH": str(ROOT)}
        with subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            try:
                yield process
            finally:
                process.kill()


@pytest.fixture
def published(console_server: ConsoleServer) -> Published:
    return Published(console_server)


def line_with(process: "subprocess.Popen[str]", text: str) -> str:
    """The next line that holds the text."""
    assert process.stdout is not None
    stdout = process.stdout
    return wait_until(lambda: next((line for line in stdout if text in line), "the end"), text)


def node() -> list[str]:
    return [require("node", shutil.which("node"), "node (20 or later) is not on the path"), "--experimental-websocket"]


def test_python_example_follows(published: Published) -> None:
    with published.running(sys.executable, "docs/examples/follow.py", published.path) as example:
        assert line_with(example, "a title").startswith(f"1 {INFO}")
        published.push("second", "another")
        assert line_with(example, "another").startswith(f"2 {INFO}")


def test_node_example_follows(published: Published) -> None:
    with published.running(*node(), "docs/examples/follow.mjs", published.path) as example:
        assert line_with(example, "a title").startswith(f"1 {INFO}")
        published.push("second", "another")
        assert line_with(example, "another").startswith(f"2 {INFO}")


def test_curl_example_pushes_pulls_and_follows(published: Published) -> None:
    curl = require("curl", shutil.which("curl"), "curl is not on the path")
    assert curl
    with published.running("sh", "docs/examples/http.sh", published.server.url, SESSION) as example:
        assert '"id":"example-1"' in line_with(example, '"ack"')
        assert "hello" in line_with(example, '"snapshot"')
        assert "event: welcome" in line_with(example, "event:")
        published.push("second", "another")
        assert line_with(example, "another").startswith("data: ")


def test_editor_example_shows_the_title(published: Published) -> None:
    with published.running(*node(), "tests/clients/run_extension.mjs", published.path) as example:
        assert line_with(example, "a title") == "$(sync) a title\n"
        published.push("second", "another")
        assert line_with(example, "another") == "$(sync) another\n"

"""The examples in docs/examples run as they say, against a real console."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.support.processes import wait_until
from tests.support.requirements import require
from tests.support.server import ROOT, ConsoleServer


class Published:
    """A session with one entry in it, on a console that other tests use too."""

    def __init__(self, server: ConsoleServer, key: str, session: str) -> None:
        self.server, self.key, self.session = server, key, session
        self.info = f"session/info/{session}"
        self.path = f"{server.url}/sync/v1/sessions/{session}"
        self.push("first", "a title")

    def push(self, operation_id: str, title: str) -> None:
        body = {"id": operation_id, "updates": [{"key": self.info, "content": {"title": title}}]}
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


@pytest.fixture(scope="module")
def key(shared_server: ConsoleServer) -> str:
    return str(shared_server.ask("tests.support.seed")["key"])


@pytest.fixture
def published(shared_server: ConsoleServer, key: str, tmp_path: Path) -> Published:
    return Published(shared_server, key, f"ses_{tmp_path.name}")


def line_with(process: "subprocess.Popen[str]", text: str) -> str:
    """The next line that holds the text."""
    assert process.stdout is not None
    stdout = process.stdout
    return wait_until(lambda: next((line for line in stdout if text in line), "the end"), text)


def node() -> list[str]:
    return [require("node", shutil.which("node"), "node (20 or later) is not on the path"), "--experimental-websocket"]


def test_python_example_follows(published: Published) -> None:
    with published.running(sys.executable, "docs/examples/follow.py", published.path) as example:
        assert line_with(example, "a title").startswith(f"1 {published.info}")
        published.push("second", "another")
        assert line_with(example, "another").startswith(f"2 {published.info}")


def test_node_example_follows(published: Published) -> None:
    with published.running(*node(), "docs/examples/follow.mjs", published.path) as example:
        assert line_with(example, "a title").startswith(f"1 {published.info}")
        published.push("second", "another")
        assert line_with(example, "another").startswith(f"2 {published.info}")


def test_curl_example_pushes_pulls_and_follows(published: Published) -> None:
    curl = require("curl", shutil.which("curl"), "curl is not on the path")
    assert curl
    with published.running("sh", "docs/examples/http.sh", published.server.url, published.session) as example:
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

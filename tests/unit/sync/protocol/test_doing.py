"""What an agent does now, from its newest parts."""

import json
from typing import Any

import pytest

from sync.protocol.doing import ABOUT_CHARACTERS, Doing, doing_of


def call(tool: str = "bash", status: str = "running", since: int = 7, **given: Any) -> str:
    state = {"status": status, "input": given, "time": {"start": since}}
    return json.dumps({"type": "tool", "tool": tool, "state": state})


TEXT = json.dumps({"type": "text", "text": "Now I", "time": {"start": 5}})


@pytest.mark.parametrize(
    ("contents", "doing"),
    [
        ([call(command="pytest -q")], Doing("bash", "pytest -q", 7)),
        ([call("edit", filePath="/srv/web/api.py", oldString="a")], Doing("edit", "api.py", 7)),
        ([call("list", path="/srv/web/")], Doing("list", "web", 7)),
        ([call("webfetch", status="pending", url="https://example.com")], Doing("webfetch", "https://example.com", 7)),
        ([TEXT, call(command="make")], Doing("bash", "make", 7)),
        ([call(status="completed", command="make"), call("read", filePath="a")], Doing("read", "a", 7)),
        ([TEXT, call(status="completed")], Doing("writing", "", 5)),
        ([json.dumps({"type": "reasoning"})], Doing("thinking")),
        ([call(command="a\n  b")], Doing("bash", "a b", 7)),
        ([call(command="x" * 100)], Doing("bash", "x" * (ABOUT_CHARACTERS - 1) + "…", 7)),
        ([call(status="completed")], None),
        ([], None),
        (["", "not json", "[]", "3", json.dumps({"type": "tool", "state": 3})], None),
        ([call(tool="", command=3)], Doing("a tool", "", 7)),
    ],
)
def test_open_tool_counts_most_then_what_the_model_does(contents: list[str], doing: Doing | None) -> None:
    assert doing_of(contents) == doing

"""Which tool calls failed, and what a page calls it: as real agents say it, and whatever else arrives."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.protocol.toolcalls import UNFAILED, Outcome, tool_outcome
from tests.contract.recordings import NEWER, TOOLS, recorded_parts

ENDED_BY_TIME = (
    "\n\n<shell_metadata>\nshell tool terminated command after exceeding timeout 1500 ms.\n</shell_metadata>"
)


def call(status: str, tool: str = "bash", **state: Any) -> dict[str, Any]:
    return {"type": "tool", "tool": tool, "state": {"status": status, **state}}


def exited(code: Any, output: str = "") -> dict[str, Any]:
    return call("completed", output=output, metadata={"exit": code})


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (exited(1), "exit 1"),
        (exited(127), "exit 127"),
        (exited(-1), "exit -1"),
        (exited(2.0), "exit 2"),
        (exited(None), "ended"),
        (exited(None, "x" * 5_000 + ENDED_BY_TIME), "timed out"),
        (exited(None, "started\n\n<shell_metadata>\nUser aborted the command\n</shell_metadata>"), "aborted"),
        (call("error"), "failed"),
        (call("error", error="File not found"), "failed"),
        (call("error", error="Tool execution aborted"), "aborted"),
        (call("error", error="x", metadata={"interrupted": True}), "aborted"),
        (call("error", error="The user rejected permission to use this specific tool call."), "refused"),
        (call("error", error="The user has specified a rule which prevents you …"), "refused"),
        (call("error", "question", error="The user dismissed this question"), "dismissed"),
        (call("completed", "invalid", input={"tool": "bash", "error": "…"}), "invalid call"),
    ],
)
def test_a_call_that_failed_says_how(part: dict[str, Any], words: str) -> None:
    assert tool_outcome(part) == Outcome(True, words)


@pytest.mark.parametrize(
    "part",
    [
        exited(0),
        exited(0.5),
        exited(float("inf")),
        exited(True),
        exited("1"),
        call("completed"),
        call("completed", metadata={}),
        call("running", metadata={"exit": 1}),
        call("pending"),
        call("", error="Tool execution aborted"),
        {"type": "tool", "tool": "bash", "state": "error"},
        None,
        7,
    ],
)
def test_anything_else_has_not_failed(part: Any) -> None:
    assert tool_outcome(part) == UNFAILED


def test_what_the_real_agent_says_is_understood() -> None:
    calls = [part for part in recorded_parts(TOOLS) if part["type"] == "tool"]
    failed = [(part["tool"], tool_outcome(part).words) for part in calls if tool_outcome(part).has_failed]
    assert failed == [
        ("grep", "failed"),
        ("glob", "failed"),
        ("bash", "exit 1"),
        ("bash", "exit 3"),
        ("bash", "timed out"),
        ("bash", "refused"),
        ("edit", "failed"),
        ("skill", "failed"),
        ("invalid", "invalid call"),
        ("invalid", "invalid call"),
        ("question", "dismissed"),
        ("bash", "refused"),
        ("bash", "aborted"),
    ]


@pytest.mark.parametrize("recording", NEWER)
def test_calls_that_went_well_have_not_failed(recording: str) -> None:
    assert not any(tool_outcome(part).has_failed for part in recorded_parts(recording))


@given(
    st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5), st.lists, max_leaves=4)
)
def test_no_exit_code_is_too_odd(code: Any) -> None:
    assert len(tool_outcome(exited(code)).words) < 30

"""What each entry counts for its turn: calls, failures, changed files and lines; who, when and what it cost."""

import json
from typing import Any

import pytest
from hypothesis import given

from sync.protocol.turns import (
    COUNTED_CHARACTERS,
    NO_HEAD,
    NONE,
    TurnCounts,
    TurnHead,
    TurnPlace,
    TurnTally,
    message_turn,
    part_counts,
    turn_place,
)
from tests.contract.recordings import TOOLS, batches_of, recorded_parts, session_id_of
from tests.unit.sync.transcript.test_document import JSON


def counts_of(tool: str, status: str = "completed", **state: Any) -> TurnCounts:
    return part_counts(json.dumps({"type": "tool", "tool": tool, "state": {"status": status, **state}}))


@pytest.mark.parametrize(
    ("key", "place"),
    [
        ("session/part/ses_1/msg_1/prt_1", TurnPlace("msg_1", False)),
        ("session/message/ses_1/msg_1", TurnPlace("msg_1", True)),
        ("session/message/ses_2/msg_1", None),
        ("session/part/ses_2/msg_1/prt_1", None),
        ("session/part/ses_1/msg_1", None),
        ("session/message/ses_1/msg_1/x", None),
        ("session/message/ses_1", None),
        ("session/info/ses_1", None),
        ("x", None),
    ],
)
def test_an_entry_belongs_to_the_turn_its_key_names(key: str, place: TurnPlace | None) -> None:
    assert turn_place("ses_1", key) == place


@pytest.mark.parametrize(
    "content",
    [
        "",
        '{"type":"text","text":"the \\"tool\\" is"}',
        '{"type":"step-finish"}',
        "7",
        "null",
        '"tool"',
        '["tool"]',
        "{",
    ],
)
def test_text_counts_nothing(content: str) -> None:
    assert part_counts(content) == NONE


def test_a_call_counts_and_a_failed_one_twice() -> None:
    assert counts_of("bash", metadata={"exit": 0}) == TurnCounts(tools=1)
    assert counts_of("bash", "running") == TurnCounts(tools=1)
    assert counts_of("bash", metadata={"exit": 1}) == TurnCounts(tools=1, failures=1)
    assert counts_of("edit", "error", error="no such file") == TurnCounts(tools=1, failures=1)


@pytest.mark.parametrize(
    ("tool", "state", "changed"),
    [
        ("edit", {"metadata": {"filediff": {"additions": 3, "deletions": 2}, "diff": "+x"}}, (1, 3, 2)),
        ("edit", {"metadata": {"diff": "--- a\n+++ b\n@@ -1 +1,2 @@\n-old\n+new\n+newer\n"}}, (1, 2, 1)),
        ("write", {"input": {"content": "a\nb\nc"}, "metadata": {"exists": False}}, (1, 3, 0)),
        ("write", {"input": {"content": "a\n"}, "metadata": {"exists": False}}, (1, 1, 0)),
        ("write", {"input": {"content": "a\n"}, "metadata": {"exists": True}}, (1, 0, 0)),
        ("apply_patch", {"metadata": {"files": [{"additions": 1}, {"deletions": 4}, "x"]}}, (2, 1, 4)),
        ("multiedit", {}, (1, 0, 0)),
        ("read", {"metadata": {"files": [{"additions": 1}]}}, (0, 0, 0)),
        ("edit", {"metadata": {"filediff": {"additions": 10**15, "deletions": -3}}}, (1, 10**6, 0)),
    ],
)
def test_an_edit_counts_what_it_changed(tool: str, state: dict[str, Any], changed: tuple[int, int, int]) -> None:
    assert counts_of(tool, **state) == TurnCounts(1, 0, *changed)


def test_a_part_beyond_the_bound_counts_nothing() -> None:
    assert counts_of("bash", output="x" * COUNTED_CHARACTERS) == NONE


def test_a_message_says_who_when_and_what_it_cost() -> None:
    content = {
        "role": "assistant",
        "providerID": "gw",
        "modelID": "fake-1",
        "mode": "build",
        "cost": 0.5,
        "tokens": {"input": 10, "output": 5, "reasoning": 1, "cache": {"read": 7}},
        "time": {"created": 1_000, "completed": 2_000},
    }
    head = TurnHead("assistant", "gw/fake-1", "build", 1_000, 2_000, 16, 50_000_000)
    assert message_turn(json.dumps(content)) == (head, NONE)
    assert message_turn(json.dumps({**content, "error": {"name": "APIError"}})) == (head, TurnCounts(failures=1))
    assert message_turn("") == (NO_HEAD, NONE)
    assert message_turn("7")[0].role == "unknown"


def test_parts_inside_a_message_count_too() -> None:
    call = {"toolCallId": "c", "toolName": "bash", "state": "result"}
    content = {
        "role": "assistant",
        "parts": [{"type": "tool-invocation", "toolInvocation": call}],
        "metadata": {"tool": {"c": {"error": True}}, "time": {"created": 5}},
    }
    head, counts = message_turn(json.dumps(content))
    assert (head.started, counts) == (5, TurnCounts(tools=1, failures=1))


def test_a_real_session_adds_up() -> None:
    tally = TurnTally(session_id_of(TOOLS))
    for batch in batches_of(TOOLS):
        for item in batch:
            name = {"message": "id", "part": "messageID"}.get(item["type"])
            if name is not None:
                path = [item["data"][name]] + ([item["data"]["id"]] if item["type"] == "part" else [])
                tally.put(f"session/{item['type']}/{session_id_of(TOOLS)}/{'/'.join(path)}", json.dumps(item["data"]))
    turns = tally.turns()
    calls = [part for part in recorded_parts(TOOLS) if part["type"] == "tool"]
    assert sum(counts.tools for _, counts in turns.values()) == len(calls) == 24
    # Thirteen calls, and the message that was aborted.
    assert sum(counts.failures for _, counts in turns.values()) == 14
    assert sum(counts.files for _, counts in turns.values()) == 5
    assert sum(counts.additions for _, counts in turns.values()) == 10
    assert {head.role for head, _ in turns.values()} == {"user", "assistant"}


@given(JSON)
def test_nothing_is_too_odd_to_be_counted(data: Any) -> None:
    for content in (json.dumps(data), json.dumps({"type": "tool", "tool": "edit", "state": data})):
        assert min(part_counts(content)) >= 0
        assert len(message_turn(content)[0].role) <= 20

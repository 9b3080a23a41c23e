"""The rule of a session's state, and what of an agent's messages and tools it stands on."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from sync.protocol.state import Patience, SessionState, StateFacts, session_state
from sync.protocol.summary import StateSummary, read_message, read_open_tool
from sync.protocol.tally import summary_columns

TABLE: Final = json.loads((Path(__file__).parent / "session_states.json").read_text())
NOON: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
PATIENCE: Final = Patience(timedelta(seconds=60), timedelta(minutes=15), timedelta(minutes=60))
ASSISTANT: Final = {"role": "assistant", "time": {"created": 1}}
ENDED: Final = {"role": "assistant", "time": {"created": 1, "completed": 2}}
RUNNING: Final = {"type": "tool", "state": {"status": "running"}}
ANSWERED: Final = {"type": "tool", "state": {"status": "completed", "output": "x"}}


def facts(**given: Any) -> StateFacts:
    return StateFacts(
        **{"is_running": True, "has_failed": False, "has_open_tool": False, "last_activity_at": NOON, **given}
    )


def after(*said: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    """The columns after these entries, as (kind, content)."""
    entries = ((f"session/{kind}/ses_1/msg_1/prt_{n}", json.dumps(data)) for n, (kind, data) in enumerate(said))
    columns = summary_columns("ses_1", entries)
    return {name: columns[name] for name in ("is_running", "has_failed", "has_open_tool")}


@pytest.mark.parametrize(("age", "has_open_tool", "word"), TABLE)
def test_an_agent_that_has_not_ended_is_running_then_quiet_then_lost(
    age: float, has_open_tool: bool, word: str
) -> None:
    now = NOON + timedelta(seconds=age)
    assert session_state(facts(has_open_tool=has_open_tool), now, PATIENCE) == word


@pytest.mark.parametrize(("has_failed", "word"), [(False, "done"), (True, "failed")])
def test_an_agent_that_ended_stays_as_it_ended(has_failed: bool, word: str) -> None:
    ended = facts(is_running=False, has_failed=has_failed)
    assert {session_state(ended, NOON + timedelta(days=days), PATIENCE) for days in (0, 1, 400)} == {SessionState(word)}


def test_a_clock_that_is_behind_the_writers_does_not_end_a_session() -> None:
    assert session_state(facts(), NOON - timedelta(hours=1), PATIENCE) == "running"


def test_an_open_tool_never_shortens_the_wait() -> None:
    longer = Patience(timedelta(seconds=60), timedelta(hours=3), timedelta(hours=1))
    assert longer.lost_after(True) == timedelta(hours=3)


@pytest.mark.parametrize(
    ("message", "running", "failed"),
    [
        ({"role": "user"}, None, False),
        (ASSISTANT, True, False),
        (ENDED, False, False),
        ({**ASSISTANT, "error": {"name": "ProviderAuthError", "data": {"message": "no"}}}, False, True),
        ({**ENDED, "error": {"name": "MessageAbortedError"}}, False, False),
        ({**ENDED, "error": "something else"}, False, True),
        ({"role": "assistant", "metadata": {"assistant": {"cost": 1}, "error": {"name": "UnknownError"}}}, False, True),
    ],
)
def test_a_message_says_whether_its_agent_works_or_failed(
    message: dict[str, Any], running: bool | None, failed: bool
) -> None:
    read = read_message(json.dumps(message))
    assert (read.running, read.failed) == (running, failed)


@pytest.mark.parametrize(
    ("part", "is_open"),
    [
        (RUNNING, True),
        ({"type": "tool", "state": {"status": "pending"}}, True),
        (ANSWERED, False),
        ({"type": "tool", "state": {"status": "error", "error": "running away"}}, False),
        ({"type": "tool", "state": {"status": "completed", "output": 'says "running"'}}, False),
        ({"type": "text", "text": 'a "tool" that is "running"'}, None),
        ({"type": "text", "text": "hello"}, None),
        ({"type": "tool", "state": "running"}, False),
    ],
)
def test_a_part_says_whether_it_is_a_tool_without_an_answer(part: dict[str, Any], is_open: bool | None) -> None:
    assert read_open_tool(json.dumps(part, separators=(",", ":"))) is is_open
    assert read_open_tool(json.dumps(part, indent=1)) is is_open


@pytest.mark.parametrize(
    "content", ["", '"tool"', '["tool", "running"]', '{"type":"tool","state":{"status":["running"]}}']
)
def test_a_part_of_any_shape_is_read(content: str) -> None:
    assert not read_open_tool(content)


@pytest.mark.parametrize(
    ("said", "columns"),
    [
        ([("message", ASSISTANT), ("part", RUNNING)], (True, False, True)),
        ([("message", ASSISTANT), ("part", RUNNING), ("part", ANSWERED)], (True, False, False)),
        ([("message", ASSISTANT), ("part", RUNNING), ("message", ENDED)], (False, False, False)),
        ([("message", {**ENDED, "error": {"name": "APIError"}}), ("message", ASSISTANT)], (True, False, False)),
        ([("message", ENDED), ("message", {"role": "user"})], (False, False, False)),
        ([], (False, False, False)),
    ],
)
def test_a_whole_state_says_what_its_newest_entries_say(
    said: list[tuple[str, dict[str, Any]]], columns: tuple[bool, bool, bool]
) -> None:
    assert tuple(after(*said).values()) == columns


def test_what_nothing_changed_is_not_written() -> None:
    summary = StateSummary()
    summary.take_message(read_message(json.dumps({"role": "user"})))
    summary.take_part(json.dumps({"type": "text", "text": "hello"}))
    assert summary.changes == {}

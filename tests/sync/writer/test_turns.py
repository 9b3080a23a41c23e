"""The rows of turns, kept by the writer: after any writes they are what a count of the entries gives."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync.models import Session, SessionEntry, Turn
from sync.protocol.turns import TurnCounts, TurnHead, TurnTally
from sync.protocol.updates import Update
from sync.store import Failures, read_failures, read_turns
from sync.writer import Publish
from sync.writer.commit import commit_publishes
from tests.support.transcripts import CLIENT_ID, make_session, publish

pytestmark = pytest.mark.django_db
MESSAGE = f"session/message/{CLIENT_ID}/msg_1"
PART = f"session/part/{CLIENT_ID}/msg_1/prt_1"
PATCH = {"status": "completed", "metadata": {"files": [{"additions": 3, "deletions": 1}, {"additions": 2}]}}
FAILED: dict[str, Any] = {"type": "tool", "tool": "bash", "state": {"status": "completed", "metadata": {"exit": 1}}}
RUNNING: dict[str, Any] = {"type": "tool", "tool": "bash", "state": {"status": "running"}}
TEXT: dict[str, Any] = {"type": "text", "text": "hi"}
ASSISTANT: dict[str, Any] = {"role": "assistant", "modelID": "m", "cost": 0.01, "time": {"created": 7}}


def counted(session: Session) -> dict[str, tuple[TurnHead, TurnCounts]]:
    """The turns, counted anew from the entries."""
    tally = TurnTally(session.client_id)
    for key, content in SessionEntry.objects.filter(session=session).values_list("key", "content"):
        tally.put(key, content)
    return tally.turns()


def counts(session: Session) -> dict[str, TurnCounts]:
    return {name: turn[1] for name, turn in read_turns(session.pk).items()}


def test_a_message_and_its_tools_make_a_row() -> None:
    session = publish(make_session(), {MESSAGE: ASSISTANT, PART: FAILED, f"{PART}2": {**RUNNING, "tool": "edit"}})
    row = Turn.objects.get()
    assert (row.message_id, row.role, row.model, row.started, row.cost) == ("msg_1", "assistant", "m", 7, 1_000_000)
    assert (row.tools, row.failures, row.files) == (2, 1, 0)
    publish(session, {f"{PART}2": {"type": "tool", "tool": "apply_patch", "state": PATCH}})
    assert counts(session) == {"msg_1": TurnCounts(2, 1, 2, 5, 1)}


def test_a_part_that_changes_counts_what_it_is_now() -> None:
    session = publish(make_session(), {PART: RUNNING})
    assert counts(session) == {"msg_1": TurnCounts(tools=1)}
    publish(session, {PART: FAILED})
    assert counts(session) == {"msg_1": TurnCounts(tools=1, failures=1)}
    publish(session, {PART: TEXT})
    assert counts(session) == {}


def test_what_is_removed_counts_no_more() -> None:
    session = publish(make_session(), {MESSAGE: ASSISTANT, PART: FAILED})
    publish(session, {}, deleted=(MESSAGE,))
    assert read_turns(session.pk) == {"msg_1": (TurnHead(), TurnCounts(tools=1, failures=1))}
    publish(session, {}, deleted=(PART,))
    assert not Turn.objects.exists()


def test_several_changes_in_one_commit_count_once() -> None:
    session = make_session()
    updates = [[Update(PART, json.dumps(each))] for each in (RUNNING, FAILED, RUNNING, FAILED)]
    commit_publishes([Publish(session.pk, each) for each in updates])
    assert counts(session) == {"msg_1": TurnCounts(tools=1, failures=1)}


def test_failures_are_summed_and_the_first_is_known() -> None:
    session = publish(make_session(), {f"session/part/{CLIENT_ID}/msg_{n}/p": FAILED for n in (3, 2, 5)})
    publish(session, {f"session/part/{CLIENT_ID}/msg_2/q": FAILED, f"session/part/{CLIENT_ID}/msg_1/p": TEXT})
    assert read_failures(session.pk) == Failures(4, "msg_2")
    assert read_failures(make_session(client_id="ses_2").pk) == Failures(0, "")


def test_text_asks_the_database_nothing_more() -> None:
    session = publish(make_session(), {PART: TEXT})
    with CaptureQueriesContext(
        connection,
    ) as plain:
        publish(session, {PART: {**TEXT, "text": "hi there"}})
    assert not any("sync_turn" in query["sql"] for query in plain)


def test_a_session_whose_turns_are_behind_is_left_alone() -> None:
    session = publish(make_session(), {MESSAGE: ASSISTANT})
    Session.objects.filter(pk=session.pk).update(turn_seq=0)
    publish(session, {PART: FAILED})
    session.refresh_from_db()
    assert (session.head_seq, session.turn_seq) == (2, 0)
    assert counts(session) == {"msg_1": TurnCounts()}


KEYS = st.sampled_from(
    [f"session/{kind}/{owner}/{path}" for owner in (CLIENT_ID, "ses_2") for kind, path in
     (("message", "msg_1"), ("message", "msg_2"), ("part", "msg_1/a"), ("part", "msg_1/b"), ("part", "msg_2/a"))]
)  # fmt: skip
CONTENTS = st.sampled_from(
    [FAILED, RUNNING, TEXT, ASSISTANT, {**ASSISTANT, "error": {"name": "x"}}, {"role": "user"}, None, 7, "tool",
     {"type": "tool", "tool": "apply_patch", "state": PATCH}, {**ASSISTANT, "parts": [FAILED, FAILED]}]
)  # fmt: skip
UPDATES = st.tuples(KEYS, st.none() | CONTENTS.map(json.dumps)).map(
    lambda pair: Update(pair[0], pair[1] or "", deleted=pair[1] is None)
)
COMMITS = st.lists(st.lists(st.lists(UPDATES, min_size=1, max_size=4), min_size=1, max_size=3), max_size=8)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(COMMITS)
def test_any_writes_leave_what_a_count_of_the_entries_gives(commits: list[list[list[Update]]]) -> None:
    Session.objects.all().delete()
    session, other = make_session(), make_session(client_id="ses_2")
    for publishes in commits:
        commit_publishes([Publish(each.pk, updates) for updates in publishes for each in (session, other)])
        for each in (session, other):
            assert read_turns(each.pk) == counted(each)
    session.refresh_from_db()
    assert session.turn_seq == session.head_seq

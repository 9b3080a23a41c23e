"""An agent says the same thing again and again: readers hear it once, but it counts as its latest word."""

from typing import Any

from sync.models import Session
from tests.support.agent_client import AgentClient


def batch(updated: int, *files: str) -> list[dict[str, Any]]:
    info = {"id": "ses_1", "time": {"created": 1, "updated": updated}}
    return [{"type": "session", "data": info}, {"type": "session_diff", "data": [{"file": file} for file in files]}]


async def test_a_repeat_at_a_later_time_is_not_numbered(agent: AgentClient) -> None:
    shared = await agent.create()
    await agent.sync(shared, *batch(10, "a"))
    await agent.sync(shared, *batch(20, "a"))
    await agent.sync(shared, *batch(20, "a"))
    assert (await Session.objects.aget()).head_seq == 3  # the info twice, the diff once


async def test_what_is_older_than_the_repeat_stays_out(agent: AgentClient) -> None:
    shared = await agent.create()
    for sent in (batch(10), batch(30), batch(20, "stale")):
        await agent.sync(shared, *sent)
    assert {"type": "session_diff", "data": []} in await agent.data(shared)


async def test_a_whole_repeat_changes_nothing_at_all(agent: AgentClient) -> None:
    shared = await agent.create()
    await agent.sync(shared, *batch(10, "a"))
    before = await Session.objects.aget()
    await agent.sync(shared, *batch(10, "a"))
    after = await Session.objects.aget()
    assert (after.head_seq, after.last_activity_at) == (before.head_seq, before.last_activity_at)

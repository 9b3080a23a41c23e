"""An agent's batch whose share is looked up while the database is away for a moment."""

import pytest
from django.db import InterfaceError, OperationalError

from sync.agents import targets
from sync.sharing import ShareTarget
from tests.support.agent_client import AgentClient

ITEM = {"type": "session", "data": {"id": "ses_1", "time": {"updated": 1}}}


@pytest.mark.parametrize("error", [OperationalError(2013, "Lost connection"), InterfaceError(0, "")])
async def test_batch_waits_for_the_database(
    agent: AgentClient, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    shared = await agent.create()
    targets.invalidate_target(shared.id)
    look_up, asked = targets.share_target, list[str]()

    def away_at_first(share_id: str) -> ShareTarget | None:
        asked.append(share_id)
        if len(asked) == 1:
            raise error
        return look_up(share_id)

    monkeypatch.setattr(targets, "share_target", away_at_first)
    assert (await agent.sync(shared, ITEM)).status_code == 200
    assert len(asked) == 2

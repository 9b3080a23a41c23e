"""What real agents of the newer protocol sent ends up stored as its newest values, whatever the order it came in."""

import random
from typing import Any

import pytest

from sync.models import Session, Share
from tests.contract.recordings import NEWER, batches_of, requests_of, session_id_of
from tests.support.agent_client import AgentClient, Shared

FINAL_OF_TYPE = {"session": "", "session_diff": "", "model": ""}


def newest_items(batches: list[list[dict[str, Any]]]) -> dict[tuple[str, str], Any]:
    """Of each thing the value in the newest batch that has it, models united; computed here without the rules."""
    newest: dict[tuple[str, str], Any] = {}
    for batch in sorted(
        batches, key=lambda items: next(i["data"]["time"]["updated"] for i in items if i["type"] == "session")
    ):
        for item in batch:
            data = item["data"]
            newest[(item["type"], data["id"] if isinstance(data, dict) else "")] = without_share(data)
    models = {(model["providerID"], model["id"]): model for batch in batches for item in batch
              if item["type"] == "model" for model in item["data"]}  # fmt: skip
    newest[("model", "")] = [
        {name: value for name, value in model.items() if name not in ("options", "headers")}
        for model in models.values()
    ]
    return newest


def without_share(data: Any) -> Any:
    return {name: value for name, value in data.items() if name != "share"} if isinstance(data, dict) else data


def as_stored(items: list[dict[str, Any]]) -> dict[tuple[str, str], Any]:
    return {
        (item["type"], item["data"]["id"] if isinstance(item["data"], dict) else ""): item["data"] for item in items
    }


async def replay_until_unshared(agent: AgentClient, requests: list[dict[str, Any]]) -> Shared:
    """Send the recorded syncs up to the first unshare."""
    shared = await agent.create(requests[0]["body"]["sessionID"])
    for request in requests[1:]:
        if request["method"] == "DELETE":
            break
        answer = await agent.sync(shared, *request["body"]["data"])
        assert (answer.status_code, answer.json()) == (200, {})
    return shared


@pytest.mark.parametrize("recording", NEWER)
async def test_a_recording_ends_in_the_newest_value_of_everything_it_sent(agent: AgentClient, recording: str) -> None:
    requests = requests_of(recording)
    first_life = requests[: next((n for n, r in enumerate(requests) if r["method"] == "DELETE"), len(requests))]
    shared = await replay_until_unshared(agent, requests)
    items = await agent.data(shared)
    assert as_stored(items) == newest_items([r["body"]["data"] for r in first_life if r["path"].endswith("/sync")])
    assert items[0]["type"] == "session"


@pytest.mark.parametrize("recording", NEWER)
async def test_a_recording_sent_in_another_order_and_twice_ends_in_the_same_state(
    agent: AgentClient, recording: str
) -> None:
    batches = batches_of(recording) * 2
    random.Random(7).shuffle(batches)
    shared = await agent.create(session_id_of(recording))
    for batch in batches:
        await agent.sync(shared, *batch)
    assert as_stored(await agent.data(shared)) == newest_items(batches)


async def test_the_reordered_recording_leaves_the_newest_title_and_models(agent: AgentClient) -> None:
    shared = await replay_until_unshared(agent, requests_of("share_1.18.33_reordered.jsonl"))
    stored = as_stored(await agent.data(shared))
    assert next(data for (type_, _), data in stored.items() if type_ == "session")["time"]["updated"] == 1795341098246
    assert [model["id"] for model in stored[("model", "")]] == ["fake-1"]


async def test_a_recorded_life_unshares_and_shares_again(agent: AgentClient) -> None:
    shares: list[Shared] = []
    for request in requests_of("share_1.18.33.jsonl"):
        if request["path"] == "/api/share":
            shares.append(await agent.create(request["body"]["sessionID"]))
        elif request["method"] == "DELETE":
            assert (await agent.unshare(shares[-1])).status_code == 200
        else:
            assert (await agent.sync(shares[-1], *request["body"]["data"])).status_code == 200
    # Created three times: new after the unshare, the same again while it lived. The last unshare left nothing behind.
    assert shares[0] != shares[1] == shares[2]
    assert (await Session.objects.acount(), await Share.objects.acount()) == (0, 0)


async def test_a_recorded_session_shows_its_title_model_tokens_and_cost(agent: AgentClient) -> None:
    await replay_until_unshared(agent, requests_of("share_1.14.34_with_diffs.jsonl"))
    session = await Session.objects.aget()
    assert (session.title, session.model, session.agent_version) == ("Fake title", "gw/fake-1", "1.14.34")
    assert session.tokens_output > 0
    assert session.cost > 0

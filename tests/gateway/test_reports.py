"""What other gateways were reported for, through this one: each a case from public bug reports."""

import json
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from tests.support import providers as says
from tests.support.gateway import Console, body_of, path_of
from tests.support.models import add_model
from tests.support.providers import Provider, streamed

WRITTEN = {"input_tokens": 3, "cache_read_input_tokens": 0, "cache_creation_input_tokens": 12_304, "output_tokens": 550}
READ = {"input_tokens": 4, "cache_read_input_tokens": 2_455, "cache_creation_input_tokens": 0, "output_tokens": 23}
LARGE = {
    "input_tokens": 6,
    "cache_read_input_tokens": 0,
    "cache_creation_input_tokens": 159_217,
    "output_tokens": 2_745,
}
CACHED = {"promptTokenCount": 262_960, "cachedContentTokenCount": 257_955, "totalTokenCount": 262_960}
HISTORY = {
    "messages": '[ {"role":"assistant", "content":[{"type":"thinking","thinking":"\\u00e9","signature":"S\\/="}]} ]',
    "generate": '[{"role":"model","parts":[{"functionCall":{"name":"a","args":{ }},"thoughtSignature":"T\\/="}]}]',
    "chat": '[{"role":"user","content":"a","cache_control":{"type":"ephemeral"}} , {"role":"tool", "x":1e2}]',
}


COSTS = {
    "written tokens were billed twice": ("messages", "claude", WRITTEN, 5_439_900),
    "cached input had its full price when streamed": ("messages", "claude", READ, 109_350),
    "written tokens had the price of read ones": ("messages", "opus", LARGE, 106_376_125),
    "cached tokens counted twice, and at the lower tier": ("generate", "gemini", CACHED, 7_700_125),
}
"""Usage, and what the provider takes for it in micro-cents."""


@pytest.mark.parametrize("stream", [True, False])
async def test_cost_is_what_the_provider_takes(console: Console, provider: Provider, stream: bool) -> None:
    named = {"price_name": "anthropic/claude-opus-4-7", "context_window": 1_000_000}
    await sync_to_async(add_model)(slug="opus", forms=["messages"], **named)
    for form, model, usage, _ in COSTS.values():
        provider.plays(_answer(form, usage, stream))
        body = body_of(form, stream=stream) | ({} if form == "generate" else {"model": model})
        assert (await console.call(form, body, stream=stream)).status == 200
    rows = await console.usage()
    found = dict(zip(COSTS, ((row.cost, row.quarantined) for row in rows), strict=True))
    assert found == {report: (cost, "") for report, (*_, cost) in COSTS.items()}


def _answer(form: str, usage: dict[str, Any], stream: bool) -> says.Reply:
    if form == "generate":
        return streamed(*says.google_stream("a", usage=usage)) if stream else says.json_reply({"usageMetadata": usage})
    if stream:
        return streamed(*says.messages_stream("a", usage=usage, output=usage["output_tokens"]))
    return says.json_reply({"type": "message", "stop_reason": "end_turn", "usage": usage})


async def test_error_event_of_messages_is_seen_and_charged(console: Console, provider: Provider) -> None:
    error = says.messages_event("error", error={"type": "api_error", "message": "gone"})
    provider.plays(streamed(*says.messages_stream("word " * 20)[:4], error))
    answer = await console.call("messages")
    assert not answer.is_whole
    assert b'"gone"' in answer.body
    (row,) = await console.usage()
    assert (row.is_estimated, row.cache_read) == (True, 300)


async def test_comments_and_odd_last_chunks_pass(console: Console, provider: Provider) -> None:
    stream = [b": ping\n\n", *says.chat_stream("pong", done=False), says.event({"id": "x", "cost": 1})]
    provider.plays(streamed(*stream, says.event("[DONE]")))
    answer = await console.call("chat")
    assert answer.is_whole
    assert answer.body == b"".join([*stream, says.event("[DONE]")])


async def test_usage_chunk_is_for_those_who_asked(console: Console, provider: Provider) -> None:
    answer = await console.call("chat", body_of("chat") | {"stream_options": {}})
    assert b"prompt_tokens" not in answer.body
    assert provider.requests[0].json["stream_options"] == {"include_usage": True}
    (row,) = await console.usage()
    assert not row.is_estimated


@pytest.mark.parametrize("form", ["messages", "generate", "chat"])
async def test_signatures_and_cache_marks_survive_to_the_byte(console: Console, provider: Provider, form: str) -> None:
    history = HISTORY[form]
    name = "contents" if form == "generate" else "messages"
    body = json.dumps(body_of(form) | {name: "HERE"}).replace('"HERE"', history).encode()
    async with console.client.post(
        console.address(path_of(form)),
        data=body,
        headers={"x-api-key": console.key, "content-type": "application/json"},
    ) as response:
        assert response.status == 200
    assert history.encode() in provider.requests[0].body

"""How calls end that do not end well: what the client sees, what is charged, and what becomes of the connection."""

import asyncio
import threading
from typing import Any

import aiohttp
import pytest
from asgiref.sync import sync_to_async

from accounts.models import Device
from accounts.services.devices import device_revoke
from billing.models import BillingAccount, QuarantinedRequest, Reservation
from opencode.lib.actor import THE_CONSOLE
from tests.support import providers as says
from tests.support.devices import device_of
from tests.support.gateway import FORMS, Console, running_calls, until
from tests.support.providers import CUT, Provider, streamed, wait_left
from workspaces.services.blocks import workspace_block

STREAMS = {
    "chat": says.chat_stream,
    "responses": says.responses_stream,
    "messages": says.messages_stream,
    "generate": says.google_stream,
}
LONG = "word " * 20
BEGINNINGS = {"chat": 6, "responses": 6, "messages": 7, "generate": 5}
"""How many of a stream's events come up to the last of five words."""


async def held() -> int:
    account = await BillingAccount.objects.filter(reserved__gt=0).afirst()
    return account.reserved if account else 0


@pytest.fixture
def go() -> Any:
    """What the provider waits for; set at the end, so that no thread of it stays."""
    event = threading.Event()
    yield event
    event.set()


@pytest.mark.parametrize("form", FORMS)
async def test_client_that_leaves_pays_an_estimate_and_the_provider_is_left_at_once(
    console: Console, provider: Provider, go: threading.Event, form: str
) -> None:
    begun = STREAMS[form](*[LONG] * 5, usage={"input_tokens": 800} if form == "messages" else None)[: BEGINNINGS[form]]
    provider.plays(streamed(*begun, go))
    async with console.opened(form) as response:
        await response.content.readexactly(sum(map(len, begun)))
    await sync_to_async(wait_left)(provider)
    (row,) = await console.settled()
    assert row.is_estimated
    assert row.cost > 0
    # All that was read; a place holder of one token, as a messages' beginning has, is never the price.
    assert row.output == 5 * len(LONG) // 4
    assert await held() == 0


async def test_client_that_leaves_an_answer_in_one_piece_pays_its_full_usage(
    console: Console, provider: Provider, go: threading.Event
) -> None:
    answer = says.json_reply({"choices": [], "usage": says.CHAT_USAGE})
    provider.plays(says.Reply([go, *answer.body], headers=answer.headers))
    with pytest.raises(asyncio.TimeoutError):
        await console.client.post(
            console.address("chat/completions"),
            json={"model": "gpt", "messages": []},
            headers={"authorization": f"Bearer {console.key}"},
            timeout=aiohttp.ClientTimeout(total=0.5),
        )
    go.set()
    (row,) = await console.settled()
    assert (row.is_estimated, row.output + row.reasoning) == (False, 70)


@pytest.mark.parametrize(
    "first",
    [
        pytest.param(says.Reply([CUT]), id="dies"),
        pytest.param(streamed(says.chat_chunk({"role": "assistant"}), CUT), id="dies before content"),
        pytest.param(streamed(says.event({"error": {"type": "overloaded_error"}})), id="error in a good status"),
        pytest.param(says.json_reply({"error": {"message": "x"}}, 529), id="overloaded"),
        pytest.param(says.json_reply({"error": {"message": "x"}}, 429), id="busy"),
        pytest.param(says.json_reply({"error": {"message": "x"}}, 401), id="key refused"),
        pytest.param(says.json_reply({}, 302, location="http://169.254.169.254/"), id="redirect"),
    ],
)
async def test_another_credential_is_tried_before_anything_was_forwarded(
    console: Console, provider: Provider, first: says.Reply
) -> None:
    await sync_to_async(console.second_credential)(provider)
    provider.plays(first)
    answer = await console.call("chat")
    assert (answer.status, answer.is_whole) == (200, True)
    assert b"pong" in answer.body
    secrets = [request.headers["authorization"] for request in provider.requests]
    assert len(set(secrets)) == 2
    (row,) = await console.usage()
    assert not row.is_estimated


async def test_no_answer_at_all_is_unavailable_and_charges_nothing(console: Console, provider: Provider) -> None:
    provider.always_plays(says.Reply([CUT]))
    answer = await console.call("messages")
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    assert await console.usage() == []
    assert await held() == 0


async def test_stream_that_dies_is_cut_and_no_second_answer_follows(console: Console, provider: Provider) -> None:
    await sync_to_async(console.second_credential)(provider)
    provider.plays(streamed(*says.chat_stream(LONG, LONG)[:3], CUT))
    answer = await console.call("chat")
    assert not answer.is_whole
    assert len(provider.requests) == 1
    (row,) = await console.settled()
    assert row.is_estimated
    assert row.cost > 0
    assert await held() == 0
    await console.call("chat")
    assert provider.requests[0].headers["authorization"] != provider.requests[1].headers["authorization"]


UNCLEAN = {
    "chat": says.chat_stream(LONG, reason=None),
    "responses": says.responses_stream(LONG, last="response.incomplete", incomplete_details={"reason": "odd"}),
    "messages": says.messages_stream(LONG, reason="odd"),
    "generate": says.google_stream(LONG, reason="OTHER"),
}


@pytest.mark.parametrize("form", FORMS)
async def test_end_that_agents_do_not_understand_is_cut_off(console: Console, provider: Provider, form: str) -> None:
    provider.plays(streamed(*UNCLEAN[form]))
    answer = await console.call(form)
    assert not answer.is_whole
    assert b"word" in answer.body
    (row,) = await console.settled()
    assert row.cost > 0


async def test_error_in_a_google_stream_is_not_passed_as_if_nothing_were(console: Console, provider: Provider) -> None:
    provider.plays(streamed(says.google_event(LONG), says.event({"error": {"code": 500, "message": "x"}})))
    answer = await console.call("generate")
    assert not answer.is_whole
    assert b"error" not in answer.body


@pytest.mark.parametrize("form", FORMS)
async def test_missing_usage_is_estimated_and_filled_in(console: Console, provider: Provider, form: str) -> None:
    without = says.messages_stream(LONG, output=None) if form == "messages" else STREAMS[form](LONG, usage=None)
    provider.plays(streamed(*without))
    answer = await console.call(form)
    assert answer.is_whole
    (row,) = await console.usage()
    assert row.is_estimated
    assert row.output == 25
    assert {"chat": b'"completion_tokens":25', "responses": b'"output_tokens":25'}.get(form, b"25") in answer.body


@pytest.mark.parametrize(
    "usage",
    [
        {**says.CHAT_USAGE, "completion_tokens": -5},
        {**says.CHAT_USAGE, "prompt_tokens": 10**12, "total_tokens": 10**12 + 70},
        {**says.CHAT_USAGE, "total_tokens": 3},
    ],
)
async def test_absurd_usage_is_quarantined_and_charged_at_the_bound(
    console: Console, provider: Provider, usage: dict[str, Any]
) -> None:
    provider.plays(streamed(*says.chat_stream("pong", usage=usage)))
    assert (await console.call("chat")).is_whole
    (row,) = await console.usage()
    assert row.quarantined
    # Of gpt-5: the body's bytes and what is added, and 1,000 tokens of output.
    assert 1_000 * 1_000 < row.cost < 1_500_000
    kept = await QuarantinedRequest.objects.aget()
    assert (kept.wire_format, kept.code) == ("openai_chat", row.quarantined)
    assert "completion_tokens" in kept.body


@pytest.mark.parametrize("how", ["key", "member"])
async def test_call_whose_right_ends_is_ended(
    console: Console, provider: Provider, go: threading.Event, how: str
) -> None:
    provider.plays(streamed(*says.chat_stream(LONG)[:2], go))
    async with console.opened("chat") as response:
        await response.content.readany()
        await sync_to_async(console.end_of[how])()
        with pytest.raises(aiohttp.ClientPayloadError):
            await response.content.read()
    (row,) = await console.settled()
    assert row.is_estimated
    assert (await console.call("chat")).status == 401


async def test_other_processes_learn_of_the_end_by_their_own_look(
    console: Console, provider: Provider, go: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.receivers.calls_end", lambda _is_concerned: None)
    provider.plays(streamed(*says.chat_stream(LONG)[:2], go))
    async with console.opened("chat") as response:
        await response.content.readany()
        await sync_to_async(console.end_of["key"])()
        with pytest.raises(aiohttp.ClientPayloadError):
            await asyncio.wait_for(response.content.read(), 30)


@pytest.mark.parametrize("silenced", [[], ["gateway.receivers.calls_end"]], ids=["this process", "other processes"])
async def test_stream_ends_with_its_agents_login_and_with_its_workspace(
    console: Console,
    provider: Provider,
    go: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
    silenced: list[str],
) -> None:
    for fact in silenced:
        monkeypatch.setattr(fact, lambda _is_concerned: None)
    alpha = console.cast.alpha
    agent = await sync_to_async(device_of)(console.cast.carol, first_workspace_id=alpha.pk)
    provider.always_plays(streamed(*says.chat_stream(LONG)[:2], go))
    async with (
        console.opened("chat") as by_key,
        console.opened("chat", authorization=f"Bearer {agent.access}") as by_agent,
    ):
        for response in (by_key, by_agent):
            await response.content.readany()
        await sync_to_async(device_revoke)(device=await Device.objects.aget(pk=agent.id), actor=THE_CONSOLE)
        with pytest.raises(aiohttp.ClientPayloadError):
            await asyncio.wait_for(by_agent.content.read(), 30)
        assert len(running_calls()) == 1
        await sync_to_async(workspace_block)(workspace=alpha, actor=THE_CONSOLE)
        with pytest.raises(aiohttp.ClientPayloadError):
            await asyncio.wait_for(by_key.content.read(), 30)
    assert len(await console.settled(2)) == 2


async def test_silent_stream_gets_a_comment(
    console: Console, provider: Provider, go: threading.Event, settings: Any
) -> None:
    settings.GATEWAY_COMMENT_SECONDS = 0
    first, *rest = says.chat_stream("pong")
    provider.plays(streamed(first, go, *rest))
    async with console.opened("chat") as response:
        await until(lambda: any(call.is_streaming for call in running_calls()))
        data = await response.content.readuntil(b"\n\n")
        assert data.startswith(b":")
        go.set()
        assert (await response.content.read()).endswith(b"data: [DONE]\n\n")


async def test_slow_tokens_are_not_held_back(console: Console, provider: Provider, go: threading.Event) -> None:
    first, second, *rest = says.chat_stream("pong", "later")
    provider.plays(streamed(first + second[:20], 0.01, second[20:], go, *rest))
    async with console.opened("chat") as response:
        seen = b""
        while b"pong" not in seen:
            seen += await asyncio.wait_for(response.content.readany(), 20)
        assert not go.is_set()
        go.set()
        assert (await response.content.read()).endswith(b"data: [DONE]\n\n")


async def test_client_that_leaves_before_any_answer_pays_nothing(console: Console, provider: Provider) -> None:
    provider.holds = go = threading.Event()
    calling = asyncio.ensure_future(console.call("messages"))
    await until(lambda: provider.requests and Reservation.objects.exists())
    calling.cancel()
    await until(lambda: not Reservation.objects.filter(state="open").exists())
    go.set()
    assert await console.usage() == []
    assert await held() == 0
    assert running_calls() == []


async def test_crowd_of_streams_leaves_nothing_behind(console: Console, provider: Provider) -> None:
    answers = await asyncio.gather(*(console.call("messages") for _ in range(40)))
    assert all(answer.is_whole for answer in answers)
    assert len(await console.usage()) == 40
    assert running_calls() == []
    assert not [task for task in asyncio.all_tasks() if "_watch" in repr(task.get_coro())]

"""Who may not call, and calls that may not be sent: nothing reaches a provider, and agents stop."""

import json
import socket
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from billing.ledger.facts import Funding
from billing.services.budgets import budget_set
from billing.services.funding import funding_set
from billing.services.grants import credit_grant
from gateway.models import ModelPolicy, ModelSettings, ProviderCredential
from gateway.relay import runtime
from gateway.relay.client import AddressRefused, _socket
from gateway.selectors.shelves import shelves_forget
from opencode.lib.actor import THE_CONSOLE
from tests.support import providers as says
from tests.support.devices import device_of
from tests.support.gateway import FORMS, Console, add_credential, body_of
from tests.support.models import add_model
from tests.support.providers import Provider
from workspaces.services.api_keys import api_key_create

CENT = 1_000_000


def message_of(body: bytes) -> str:
    return str(json.loads(body)["error"]["message"])


def capped(console: Console, limit: int) -> None:
    budget_set(workspace_id=console.cast.alpha.pk, monthly_limit=limit, actor=THE_CONSOLE)


async def test_strangers_and_wrong_keys_are_refused(console: Console, provider: Provider) -> None:
    other, _ = await sync_to_async(key)(console, ["sync:read"])
    foreign, _ = await sync_to_async(key)(console, ["models"], owner="charlie")
    shown = {
        "nothing": {"authorization": ""},
        "no key": {"authorization": "Bearer oc_live_nothing"},
        "no scope": {"authorization": f"Bearer {other}"},
        "foreign": {"authorization": f"Bearer {foreign}"},
    }
    got = {name: (await console.call("chat", **headers)).status for name, headers in shown.items()}
    assert got == {"nothing": 401, "no key": 401, "no scope": 403, "foreign": 404}
    async with console.client.post(f"{console.address('messages')}?key={console.key}", json={}) as response:
        assert (response.status, response.headers["x-oc-code"]) == (400, "key_in_address")
    assert provider.requests == []


def key(console: Console, scopes: list[str], owner: str = "carol") -> tuple[str, str]:
    workspace = console.cast.gamma if owner == "charlie" else console.cast.alpha
    made, token = api_key_create(
        workspace=workspace, created_by=getattr(console.cast, owner), name="k", scopes=scopes, actor=THE_CONSOLE
    )
    return token, made.pk


async def test_every_header_of_sdks_opens_and_agents_act_as_their_member(console: Console, provider: Provider) -> None:
    device = await sync_to_async(device_of)(console.cast.carol)
    outsider = await sync_to_async(device_of)(console.cast.charlie)
    for headers in (
        {"authorization": "", "x-api-key": console.key},
        {"authorization": "", "x-goog-api-key": console.key},
        {"authorization": f"Bearer {device.access}"},
    ):
        assert (await console.call("messages", **headers)).status == 200
    assert (await console.call("messages", authorization=f"Bearer {outsider.access}")).status == 404
    rows = await console.usage()
    assert [row.key_id for row in rows] == [console.key_id, console.key_id, ""]
    assert {row.member_id for row in rows} == {console.cast.carol.pk}


@pytest.mark.parametrize("form", FORMS)
async def test_budget_that_is_used_up_shows_one_attempt_and_clean_words(
    console: Console, provider: Provider, form: str
) -> None:
    await sync_to_async(capped)(console, 1)
    answer = await console.call(form)
    assert answer.status == 402
    assert message_of(answer.body) == "This request would exceed a monthly limit."
    assert answer.headers["x-oc-code"] == "limit_reached"
    assert (answer.headers["x-oc-limit"], answer.headers["x-oc-bound"]) == ("1", "workspace")
    assert provider.requests == []


async def test_small_balance_lowers_the_cap_of_a_large_call(console: Console, provider: Provider) -> None:
    """A prepaid workspace with ten cents; 32,000 tokens of output would take thirty-two."""
    await sync_to_async(prepaid)(console, 10 * CENT)
    answer = await console.call("chat", body_of("chat", cap=32_000))
    assert answer.status == 200
    cap = int(answer.headers["x-oc-output-cap"])
    assert 9_000 < cap < 10_000
    assert provider.requests[0].json["max_tokens"] == cap
    await sync_to_async(stop_lowering)(console)
    assert (await console.call("chat", body_of("chat", cap=32_000))).status == 402


async def test_cap_is_never_lowered_below_the_thinking_budget(console: Console, provider: Provider) -> None:
    await sync_to_async(prepaid)(console, 10 * CENT)
    thinking = {"thinking": {"type": "enabled", "budget_tokens": 8_000}}
    assert (await console.call("messages", body_of("messages", cap=32_000, **thinking))).status == 402
    assert (await console.call("messages", body_of("messages", cap=32_000))).status == 200


def prepaid(console: Console, balance: int) -> None:
    of: dict[str, Any] = {"workspace_id": console.cast.alpha.pk, "actor": THE_CONSOLE}
    credit_grant(amount=balance, grant_id="g", **of)
    funding_set(funding=Funding.PREPAID, **of)


def stop_lowering(console: Console) -> None:
    ModelSettings.objects.create(workspace_id=console.cast.alpha.pk, lowers_cap=False)
    shelves_forget()


def decide(console: Console, slug: str, **policy: Any) -> None:
    from gateway.models import Model

    ModelPolicy.objects.create(workspace_id=console.cast.alpha.pk, model=Model.objects.get(slug=slug), **policy)
    shelves_forget()


async def test_policy_bounds_output_and_cost_of_a_call(console: Console, provider: Provider) -> None:
    await sync_to_async(decide)(console, "gpt", output_cap=2_000)
    await sync_to_async(decide)(console, "claude", call_ceiling=5 * CENT)
    assert (await console.call("responses", body_of("responses", cap=9_000))).headers["x-oc-output-cap"] == "2000"
    assert provider.requests[0].json["max_output_tokens"] == 2_000
    await console.call("responses", body_of("responses", cap=None))
    assert provider.requests[1].json["max_output_tokens"] == 2_000
    lowered = await console.call("messages", body_of("messages", cap=32_000))
    assert 2_500 < int(lowered.headers["x-oc-output-cap"]) < 3_334
    refused = await console.call("messages", body_of("messages", cap=32_000, text="a" * 30_000))
    assert (refused.status, refused.headers["x-oc-code"]) == (403, "call_ceiling_exceeded")


async def test_models_that_cannot_be_called_are_refused(console: Console, provider: Provider) -> None:
    await sync_to_async(decide)(console, "claude", is_on=False)
    await sync_to_async(add_model)(slug="free", kind="openai", price_name="openai/unheard-of", forms=["chat"])
    got = {
        model: (await console.call("chat", body_of("chat", model=model))).headers["x-oc-code"]
        for model in ("nothing", "claude", "free", "gemini")
    }
    assert got == {
        "nothing": "model_unknown",
        "claude": "model_off",
        "free": "price_missing",
        "gemini": "form_unserved",
    }
    assert provider.requests == []


async def test_provider_of_an_own_key_that_refuses_it_is_named_as_such(console: Console, provider: Provider) -> None:
    await sync_to_async(add_credential)(console.cast.alpha.pk, kind="openai", base_url=provider.url, forms=["chat"])
    provider.plays(says.json_reply({"error": {"message": "invalid x-api-key sk-test"}}, 401))
    answer = await console.call("chat")
    assert answer.status == 403
    assert "workspace's own key" in message_of(answer.body)
    assert b"sk-test" not in answer.body


async def test_own_key_is_metered_and_never_touches_the_balance(console: Console, provider: Provider) -> None:
    await sync_to_async(add_credential)(console.cast.alpha.pk, kind="openai", base_url=provider.url, forms=["chat"])
    await console.call("chat")
    (row,) = await console.usage()
    assert (row.payer, row.seq, row.cost > 0) == ("own", None, True)


@pytest.mark.parametrize("form", FORMS)
async def test_what_the_provider_refuses_is_passed_on_without_charge(
    console: Console, provider: Provider, form: str
) -> None:
    provider.plays(says.json_reply({"error": {"message": "roles must alternate"}}, 400))
    answer = await console.call(form)
    assert (answer.status, answer.body) == (400, b'{"error": {"message": "roles must alternate"}}')
    assert await console.usage() == []


async def test_same_call_of_a_session_is_sent_three_times_and_no_more(console: Console, provider: Provider) -> None:
    got = [(await console.call("chat", **{"x-session-id": "ses_1"})).status for _ in range(6)]
    assert got == [200, 200, 200, 400, 400, 400]
    assert len(provider.requests) == 3
    assert (await console.call("chat", **{"x-session-id": "ses_2"})).status == 200
    assert (await console.call("chat", body_of("chat", text="else"), **{"x-session-id": "ses_1"})).status == 200


async def test_crowds_and_large_bodies_are_bounded(console: Console, provider: Provider, settings: Any) -> None:
    settings.GATEWAY_BODY_BYTES = 1_000
    large = await console.call("messages", body_of("messages", text="a" * 2_000))
    assert (large.status, large.headers["x-oc-code"]) == (413, "body_too_large")
    settings.GATEWAY_HELD_BYTES = 10
    assert (await console.call("messages")).headers["x-oc-code"] == "gateway_full"
    settings.GATEWAY_HELD_BYTES = 10**9
    settings.GATEWAY_CALLER_CALLS_AT_ONCE = 0
    busy = await console.call("messages")
    assert (busy.status, busy.headers["retry-after"]) == (429, "1")
    settings.GATEWAY_CALLER_CALLS_AT_ONCE = 5
    settings.GATEWAY_CALLER_CALLS_PER_MINUTE = 0
    often = await console.call("messages")
    assert (often.status, 1 <= int(often.headers["retry-after"]) <= 60) == (429, True)
    assert provider.requests == []


LOOPBACK = {
    "127.0.0.1": True,
    "localhost": True,
    "0x7f000001": True,
    "[::ffff:7f00:1]": True,
    "rebound.example": True,
    "2130706433": False,
    "127.1": False,
}
"""Ways to write an address of this machine, and whether the client takes them for one where it may connect there.

`rebound.example` had another address when its key was saved.
"""


async def reached(console: Console, provider: Provider, host: str) -> bool:
    """Whether a call arrives at the provider by this name for it."""
    await sync_to_async(moved)(provider.url.replace("127.0.0.1", host))
    before = len(provider.requests)
    status = (await console.call("chat")).status
    assert status in {200, 503}
    return (status, len(provider.requests) - before) == (200, 1)


def moved(address: str) -> None:
    ProviderCredential.objects.filter(kind="openai").update(base_url=address)
    shelves_forget()


async def test_private_addresses_are_not_connected_to_however_they_are_written(
    console: Console, provider: Provider, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *rest, **more: resolve("127.0.0.1" if host == "rebound.example" else host, *rest, **more),
    )
    allowed = {host: await reached(console, provider, host) for host in LOOPBACK}
    assert allowed == LOOPBACK
    settings.OUTBOUND_PRIVATE = False
    # Connections that were open before would be used again.
    await runtime.gateway_stop()
    found = {host: await reached(console, provider, host) for host in LOOPBACK}
    assert found == dict.fromkeys(LOOPBACK, False)


@pytest.mark.parametrize(
    "address", ["::1", "::", "fe80::1%lo", "fc00::1", "64:ff9b::7f00:1", "2002:7f00:1::", "10.0.0.1"]
)
def test_no_socket_is_made_for_what_is_not_public(settings: Any, address: str) -> None:
    settings.OUTBOUND_PRIVATE = False
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with pytest.raises(AddressRefused):
        _socket((family, socket.SOCK_STREAM, 0, "", (address, 443)))


async def test_models_are_listed_and_tokens_counted_for_nothing(console: Console, provider: Provider) -> None:
    headers = {"authorization": f"Bearer {console.key}"}
    async with console.client.get(console.address("models"), headers=headers) as response:
        assert [each["id"] for each in (await response.json())["data"]] == ["claude", "gemini", "gpt"]
    body = {"model": "claude", "messages": []}
    async with console.client.post(console.address("messages/count_tokens"), json=body, headers=headers) as response:
        assert await response.json() == {"input_tokens": 42}
    assert provider.requests[0].json == {"model": "claude-upstream", "messages": []}
    assert await console.usage() == []


async def test_other_addresses_and_methods_are_refused_in_shape(console: Console) -> None:
    headers = {"authorization": f"Bearer {console.key}"}
    async with console.client.post(console.address("embeddings"), json={}, headers=headers) as response:
        assert response.status == 404
    async with console.client.get(console.address("messages"), headers=headers) as response:
        assert (response.status, (await response.json())["type"]) == (400, "error")

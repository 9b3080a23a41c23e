"""Who gets which share: on this machine, in a workspace, from anywhere else; and what is left when it ends."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from asgiref.sync import sync_to_async
from pytest_django import Settings

from opencode.lib.actor import THE_CONSOLE
from opencode.lib.clock import utc_now
from opencode.lib.http import FORWARDING
from sync.models import Operation, Session, SessionEntry, Share, ShareClaim, Snapshot
from sync.sharing.shares import share_claims_purge
from sync.signals import session_erased, share_ended
from tests.cast import Cast
from tests.support.agent_client import AgentClient, Shared, denial_of
from workspaces.models import ShareToken
from workspaces.services.share_tokens import share_token_create, share_token_revoke

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
INFO = {"type": "session", "data": {"id": "ses_1", "title": "t", "time": {"updated": 5}}}


@pytest.fixture
def public(settings: Settings, sync_runtime: None) -> AgentClient:
    """An agent from somewhere, on a server that others reach."""
    settings.LISTENS_ON_LOOPBACK = False
    settings.PUBLIC_URL = "https://console.example"
    return AgentClient(address="203.0.113.7", host="console.example")


# --- on this machine


async def test_creating_again_on_this_machine_answers_the_same_share_and_secret(agent: AgentClient) -> None:
    first = await agent.create()
    await agent.sync(first, INFO)
    assert await agent.create() == first
    assert (await agent.create_older()).secret == first.secret
    assert (await agent.create("ses_2")).id != first.id


async def test_racing_creates_on_this_machine_agree(agent: AgentClient) -> None:
    answers = await asyncio.gather(*(agent.create() for _ in range(8)))
    assert len(set(answers)) == 1
    assert (await Session.objects.acount(), await Share.objects.acount()) == (1, 1)


async def test_unsharing_on_this_machine_leaves_nothing_behind(agent: AgentClient) -> None:
    erased: list[dict[str, Any]] = []
    shared = await agent.create()
    await agent.sync(shared, INFO)
    session = await Session.objects.aget()
    await Snapshot.objects.acreate(session=session, epoch=session.epoch, seq=1, object_name="sessions/1/1")
    await Operation.objects.acreate(session=session, operation_id="op", first_seq=1, last_seq=1, created_at=utc_now())

    def note(**facts: Any) -> None:
        erased.append(facts)

    session_erased.connect(note)
    answer = await agent.unshare(shared)
    session_erased.disconnect(note)
    assert (answer.status_code, answer.json()) == (200, {})
    models = (Session, Share, SessionEntry, Snapshot, Operation)
    assert [await model.objects.acount() for model in models] == [0] * 5
    assert [(fact["session_id"], fact["epoch"], fact["object_names"]) for fact in erased] == [
        (session.pk, session.epoch, ["sessions/1/1"])
    ]
    assert denial_of(await agent.sync(shared, INFO)) == (404, "not_found")
    assert (await agent.create()).id != shared.id


async def test_unsharing_twice_is_no_failure(agent: AgentClient) -> None:
    shared = await agent.create()
    assert [(await agent.unshare(shared)).status_code for _ in range(2)] == [200, 200]


# --- links


@pytest.mark.parametrize("host", ["127.0.0.1:9999", "localhost:1234", "[::1]:80", "127.0.0.1"])
async def test_the_link_has_the_port_the_agent_came_by(sync_runtime: None, host: str) -> None:
    shared = await AgentClient(host=host).create()
    # The client leaves out a port that is the scheme's own.
    assert shared.url == f"http://{host.removesuffix(':80')}/share/{shared.id}"


async def test_behind_a_proxy_the_link_has_the_public_address_and_no_token(
    alpha_agent: AgentClient, settings: Any
) -> None:
    settings.PUBLIC_URL = "https://console.example"
    shared = await alpha_agent.create()
    assert shared.url == f"https://console.example/share/{shared.id}"


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "a b", "[::1", ""])
async def test_a_host_that_is_not_ours_neither_shapes_links_nor_learns_secrets(agent: AgentClient, host: str) -> None:
    mine = await agent.create()
    answer = await agent.send("POST", "/api/share", {"sessionID": "ses_1"}, headers={"host": host})
    other = Shared(**answer.json())
    assert other.url == f"http://127.0.0.1:8000/share/{other.id}"
    assert other.id != mine.id
    assert mine.id not in other.secret


# --- in a workspace


async def test_a_workspaces_token_shares_into_the_workspace(alpha_agent: AgentClient, cast: Cast) -> None:
    shared = await alpha_agent.create()
    assert shared == await alpha_agent.create()
    assert (await alpha_agent.sync(shared, INFO)).status_code == 200
    session = await Session.objects.aget(client_id="ses_1")
    assert (session.workspace_id, session.owner_key, session.title) == (cast.alpha.pk, cast.alpha.pk, "t")


async def test_a_workspaces_share_reads_back_without_the_prefix(alpha_agent: AgentClient, agent: AgentClient) -> None:
    shared = await alpha_agent.create()
    await alpha_agent.sync(shared, INFO)
    assert await agent.data(shared) == await alpha_agent.data(shared) == [INFO]


async def test_the_same_session_id_here_and_in_a_workspace_are_two_sessions(
    alpha_agent: AgentClient, agent: AgentClient
) -> None:
    assert (await alpha_agent.create()).id != (await agent.create()).id
    assert await Session.objects.acount() == 2


async def test_racing_creates_in_a_workspace_agree(alpha_agent: AgentClient) -> None:
    assert len(set(await asyncio.gather(*(alpha_agent.create() for _ in range(8))))) == 1


async def test_unsharing_a_workspaces_session_ends_the_link_and_keeps_the_session(alpha_agent: AgentClient) -> None:
    ended: list[str] = []
    shared = await alpha_agent.create()
    await alpha_agent.sync(shared, INFO)

    def note(share_id: str, **_: Any) -> None:
        ended.append(share_id)

    share_ended.connect(note)
    assert (await alpha_agent.unshare(shared)).status_code == 200
    assert (await alpha_agent.unshare(shared)).status_code == 200
    share_ended.disconnect(note)
    assert ended == [shared.id]
    assert denial_of(await alpha_agent.send("GET", f"/api/share/{shared.id}/data")) == (404, "not_found")
    assert denial_of(await alpha_agent.sync(shared, INFO)) == (404, "not_found")
    again = await alpha_agent.create()
    assert again.id != shared.id
    assert await alpha_agent.data(again) == [INFO]
    assert await Session.objects.acount() == 1


async def test_an_older_agent_unshares_a_workspaces_session_the_same_way(alpha_agent: AgentClient) -> None:
    shared = await alpha_agent.create_older()
    answer = await alpha_agent.send("POST", "/share_delete", {"sessionID": "ses_1", "secret": shared.secret})
    assert (answer.status_code, answer.json()) == (200, {})
    assert (await Share.objects.aget()).revoked_at is not None


@pytest.mark.parametrize("token", ["nonsense", "oc_share_" + "0" * 33, "%2e%2e", "x" * 3000])
async def test_a_wrong_token_is_no_address(sync_runtime: None, token: str) -> None:
    stranger = AgentClient(prefix=f"/w/{token}")
    assert denial_of(await stranger.send("POST", "/api/share", {"sessionID": "ses_1"})) == (404, "not_found")
    assert await Session.objects.acount() == 0


async def test_a_revoked_token_shares_no_more(alpha_agent: AgentClient) -> None:
    await sync_to_async(lambda: share_token_revoke(token=ShareToken.objects.get(), actor=THE_CONSOLE))()
    assert denial_of(await alpha_agent.send("POST", "/api/share", {"sessionID": "ses_1"})) == (404, "not_found")


async def test_an_expired_token_shares_no_more(alpha_agent: AgentClient) -> None:
    await ShareToken.objects.aupdate(expires_at=utc_now() - timedelta(seconds=1))
    assert denial_of(await alpha_agent.send("POST", "/api/share", {"sessionID": "ses_1"})) == (404, "not_found")


async def test_a_token_opens_no_other_workspaces_share(
    alpha_agent: AgentClient, agent: AgentClient, cast: Cast
) -> None:
    gamma = await sync_to_async(share_token_create)(
        workspace=cast.gamma, created_by=cast.charlie, name="x", actor=THE_CONSOLE
    )
    foreign = AgentClient(prefix=f"/w/{gamma[1]}")
    shared = await alpha_agent.create()
    await alpha_agent.sync(shared, INFO)
    refusals = [
        await foreign.sync(shared, INFO),
        await foreign.send("GET", f"/api/share/{shared.id}/data"),
        await foreign.send("GET", f"/share_data?id={shared.id}"),
        await foreign.sync_older(shared, "session/info/ses_1", {"id": "ses_1"}),
        await foreign.unshare(shared),
        await foreign.send("POST", "/share_delete", {"sessionID": "ses_1", "secret": shared.secret}),
    ]
    assert [denial_of(refusal) for refusal in refusals] == [(404, "not_found")] * 6
    assert await agent.data(shared) == [INFO]


async def test_a_deleted_workspaces_shares_are_gone(alpha_agent: AgentClient, agent: AgentClient, cast: Cast) -> None:
    shared = await alpha_agent.create()
    cast.alpha.deleted_at = utc_now()
    await cast.alpha.asave()
    assert denial_of(await agent.send("GET", f"/api/share/{shared.id}/data")) == (404, "not_found")


async def test_an_expired_share_is_gone_and_the_agent_gets_another(alpha_agent: AgentClient) -> None:
    shared = await alpha_agent.create()
    await Share.objects.aupdate(expires_at=utc_now() - timedelta(seconds=1))
    assert denial_of(await alpha_agent.send("GET", f"/api/share/{shared.id}/data")) == (404, "not_found")
    assert (await alpha_agent.create()).id != shared.id


async def test_an_agent_is_not_given_a_share_that_will_expire(alpha_agent: AgentClient) -> None:
    shared = await alpha_agent.create()
    await Share.objects.aupdate(expires_at=utc_now() + timedelta(hours=1))
    assert (await alpha_agent.create()).id != shared.id


# --- from anywhere else


async def test_the_twin_create_gets_the_same_answer(public: AgentClient) -> None:
    assert len(set(await asyncio.gather(*(public.create() for _ in range(6))))) == 1
    assert (await Session.objects.acount(), await ShareClaim.objects.acount()) == (1, 1)


async def test_after_the_first_update_a_create_is_no_twin(public: AgentClient) -> None:
    first = await public.create()
    await public.sync(first, INFO)
    second = await public.create()
    assert second.id != first.id
    assert await public.data(second) == []
    assert await public.data(first) == [INFO]


async def test_from_another_address_a_create_is_no_twin(public: AgentClient) -> None:
    other = AgentClient(address="203.0.113.8", host="console.example")
    assert (await public.create()).id != (await other.create()).id


async def test_after_ten_seconds_a_create_is_no_twin(public: AgentClient) -> None:
    with time_machine.travel(utc_now(), tick=False) as clock:
        first = await public.create()
        clock.shift(9)
        assert await public.create() == first
        clock.shift(2)
        second = await public.create()
        assert second.id != first.id
        assert await public.create() == second
        clock.shift(11)
        assert await sync_to_async(share_claims_purge)() == 1


async def test_behind_our_proxy_the_agents_own_address_tells_twins(public: AgentClient) -> None:
    proxied = AgentClient(address="127.0.0.1", host="console.example")
    ids = []
    for chain in ["198.51.100.1", "198.51.100.2", "6.6.6.6, 198.51.100.1", "198.51.100.1, 127.0.0.1"]:
        headers = {"x-forwarded-for": chain}
        ids.append((await proxied.send("POST", "/api/share", {"sessionID": "s"}, headers=headers)).json()["id"])
    assert ids[0] == ids[2] == ids[3] != ids[1]
    forged = await public.send("POST", "/api/share", {"sessionID": "s"}, headers={"x-forwarded-for": "198.51.100.1"})
    assert forged.json()["id"] not in ids


async def test_unsharing_an_anonymous_session_erases_it(public: AgentClient) -> None:
    shared = await public.create()
    await public.sync(shared, INFO)
    assert (await public.unshare(shared)).status_code == 200
    assert (await Session.objects.acount(), await ShareClaim.objects.acount()) == (0, 0)


@pytest.mark.parametrize("path", ["/api/share", "/share_create"])
async def test_a_server_that_takes_no_anonymous_sessions_says_so(
    public: AgentClient, settings: Settings, path: str
) -> None:
    settings.ANONYMOUS_SHARES = False
    assert denial_of(await public.send("POST", path, {"sessionID": "s"})) == (403, "anonymous_shares_off")
    assert await Session.objects.acount() == 0


async def test_without_anonymous_sessions_a_workspaces_agent_still_shares(
    alpha_agent: AgentClient, settings: Settings
) -> None:
    settings.ANONYMOUS_SHARES = False
    assert (await alpha_agent.create()).id


async def test_auto_takes_agents_of_this_machine_and_nobody_a_proxy_speaks_for(
    agent: AgentClient, settings: Settings
) -> None:
    settings.ANONYMOUS_SHARES_LOCAL_ONLY = True
    shared = await agent.create()
    assert await agent.create() == shared
    asked = {"sessionID": "ses_1"}
    for header in FORWARDING:
        answer = await agent.send("POST", "/api/share", asked, headers={header: "203.0.113.7"})
        assert denial_of(answer) == (403, "anonymous_shares_off"), header
    elsewhere = AgentClient(address="192.0.2.7")
    assert denial_of(await elsewhere.send("POST", "/api/share", asked)) == (403, "anonymous_shares_off")
    renamed = AgentClient(host="rebound.example")
    assert denial_of(await renamed.send("POST", "/share_create", asked)) == (403, "anonymous_shares_off")


async def test_nobody_behind_a_proxy_is_given_the_local_agents_secret(agent: AgentClient) -> None:
    shared = await agent.create()
    answer = await agent.send("POST", "/api/share", {"sessionID": "ses_1"}, headers={"X-Forwarded-For": "203.0.113.7"})
    assert answer.status_code == 200
    assert answer.json()["id"] != shared.id


async def test_anonymous_creates_are_limited_by_network_and_in_all(settings: Settings, sync_runtime: None) -> None:
    settings.SYNC_ANONYMOUS_SHARES_PER_MINUTE = 2
    settings.SYNC_ANONYMOUS_SHARES_OF_ALL_PER_MINUTE = 4
    limited = (429, "anonymous_shares_limited")

    async def creates(address: str, count: int) -> list[object]:
        client = AgentClient(address=address, host="console.example")
        answers = [await client.send("POST", "/api/share", {"sessionID": f"ses_{n}"}) for n in range(count)]
        assert all("Retry-After" in one.headers for one in answers if one.status_code == 429)
        return [one.status_code if one.status_code == 200 else denial_of(one) for one in answers]

    with time_machine.travel(NOW, tick=False):
        assert await creates("2001:db8::1", 2) == [200, 200]
        assert await creates("2001:db8::2", 1) == [limited]
        assert await creates("203.0.113.8", 2) == [200, 200]
        assert await creates("203.0.113.9", 1) == [limited]
    assert (await AgentClient().create()).id


# --- secrets


async def test_secrets_outlive_a_new_hash_key(agent: AgentClient, settings: Settings) -> None:
    shared = await agent.create()
    settings.OPENCODE_KEYRING = {**settings.OPENCODE_KEYRING, 2: b"n" * 32}
    assert (await agent.sync(shared, INFO)).status_code == 200
    assert await agent.create() == shared
    assert (await agent.create("ses_2")).secret.split(".")[1] == "2"


async def test_a_retired_hash_key_takes_its_secrets_along(agent: AgentClient, settings: Settings) -> None:
    shared = await agent.create()
    settings.OPENCODE_KEYRING = {2: b"n" * 32}
    assert denial_of(await agent.sync(shared, INFO)) == (401, "credentials_invalid")
    renewed = await agent.create()
    assert (renewed.id, renewed.secret.split(".")[1]) == (shared.id, "2")
    assert (await agent.sync(renewed, INFO)).status_code == 200


async def test_no_secret_is_stored(agent: AgentClient, cast: Cast) -> None:
    shared = await agent.create_older()
    info = {"id": "ses_1", "share": {"secret": shared.secret, "url": shared.url}, "time": {"updated": 1}}
    await agent.sync_older(shared, "session/info/ses_1", info)
    await agent.sync(shared, {"type": "session", "data": {**info, "time": {"updated": 2}}})
    rows = [entry.content async for entry in SessionEntry.objects.all()]
    assert rows
    assert not [row for row in rows if "secret" in row or shared.id in row]

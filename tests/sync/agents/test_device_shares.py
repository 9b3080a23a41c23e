"""Agents that are signed in share into a workspace as their person, for as long as device and membership last."""

import pytest
from asgiref.sync import sync_to_async

from accounts.services.devices import device_revoke
from opencode.lib.actor import THE_CONSOLE
from opencode.lib.clock import utc_now
from sync.agents import rights_invalidate
from sync.models import Session, SessionEntry, Share
from tests.cast import Cast, acting
from tests.support.agent_client import AgentClient, Shared, denial_of
from tests.support.audit import last_audited
from tests.support.devices import SignedIn, device_of
from workspaces.models import Role, Workspace
from workspaces.services.memberships import membership_add, membership_remove
from workspaces.services.share_tokens import share_token_create

INFO = {"type": "session", "data": {"id": "ses_1", "title": "t", "time": {"updated": 5}}}
LATER = {"type": "session", "data": {"id": "ses_1", "title": "later", "time": {"updated": 6}}}


@pytest.fixture
def carols(cast: Cast, sync_runtime: None) -> SignedIn:
    return device_of(cast.carol)


@pytest.fixture
def agent(cast: Cast, carols: SignedIn) -> AgentClient:
    """Carol's agent, in alpha."""
    return AgentClient(account=carols.access, org=cast.alpha.pk, address="192.0.2.5", host="console.example")


async def refused(agent: AgentClient, shared: Shared) -> tuple[int, str]:
    return denial_of(await agent.sync(shared, LATER))


async def title() -> str:
    return (await Session.objects.aget()).title


async def test_session_belongs_to_the_workspace_and_names_its_person(agent: AgentClient, cast: Cast) -> None:
    shared = await agent.create()
    assert (await agent.sync(shared, INFO)).status_code == 200
    session = await Session.objects.select_related("workspace", "created_by").aget()
    assert (session.workspace, session.created_by, session.title) == (cast.alpha, cast.carol, "t")
    assert shared.url == f"http://127.0.0.1:8000/share/{shared.id}"
    assert await agent.data(shared) == [INFO]


async def test_creating_again_answers_the_same_share_and_secret(agent: AgentClient) -> None:
    assert await agent.create() == await agent.create()


async def test_share_is_in_the_log_as_the_devices_act(agent: AgentClient, cast: Cast, carols: SignedIn) -> None:
    await agent.create()
    last = await sync_to_async(last_audited)(cast.alpha)
    assert (last["actor"], last["action"], last["ip"]) == (("device", carols.id), "session.share", "192.0.2.5")


async def test_each_device_has_a_share_of_its_own_of_the_one_session(agent: AgentClient, cast: Cast) -> None:
    other = await sync_to_async(device_of)(cast.bob)
    bobs = await AgentClient(account=other.access, org=cast.alpha.pk).create()
    carols = await agent.create()
    assert bobs.secret != carols.secret
    assert (await Session.objects.acount(), await Share.objects.acount()) == (1, 2)


async def test_unsharing_ends_the_link_and_keeps_the_session(agent: AgentClient) -> None:
    shared = await agent.create()
    await agent.sync(shared, INFO)
    assert [(await agent.unshare(shared)).status_code for _ in range(2)] == [200, 200]
    assert await refused(agent, shared) == (404, "not_found")
    assert await title() == "t"


# --- credentials


@pytest.mark.parametrize(
    ("account", "code"), [("oc_dev_guess", "credentials_invalid"), ("oc_live_guess", "credentials_invalid")]
)
async def test_wrong_token_is_refused_on_every_address(agent: AgentClient, cast: Cast, account: str, code: str) -> None:
    shared = await agent.create()
    wrong = AgentClient(account=account, org=cast.alpha.pk)
    answers = [
        await wrong.send("POST", "/api/shares", {"sessionID": "ses_1"}),
        await wrong.sync(shared, INFO),
        await wrong.send("GET", f"/api/shares/{shared.id}/data"),
        await wrong.unshare(shared),
    ]
    assert [denial_of(answer) for answer in answers] == [(401, code)] * 4


async def test_nobody_is_asked_for_a_token_on_every_address(agent: AgentClient) -> None:
    shared = await agent.create()
    nobody = AgentClient()
    nobody.shares = "/api/shares"
    answers = [
        await nobody.send("POST", "/api/shares", {"sessionID": "ses_1"}),
        await nobody.sync(shared, INFO),
        await nobody.send("GET", f"/api/shares/{shared.id}/data"),
        await nobody.unshare(shared),
    ]
    assert [denial_of(answer) for answer in answers] == [(401, "credentials_missing")] * 4


async def test_create_needs_a_workspace_of_the_person(carols: SignedIn, cast: Cast) -> None:
    answers = [
        await AgentClient(account=carols.access, org=org).send("POST", "/api/shares", {"sessionID": "ses_1"})
        for org in ("", cast.gamma.pk, "wrk_nowhere")
    ]
    assert [denial_of(answer) for answer in answers] == [
        (400, "org_missing"),
        (404, "not_found"),
        (404, "not_found"),
    ]


async def test_secret_of_the_share_is_needed_too(agent: AgentClient) -> None:
    shared = await agent.create()
    assert await refused(agent, shared._replace(secret="")) == (401, "credentials_missing")
    assert await refused(agent, shared._replace(secret="guess")) == (401, "credentials_invalid")


async def test_workspace_without_the_person_is_not_found_even_with_its_secret(agent: AgentClient, cast: Cast) -> None:
    shared = await agent.create()
    charlies = await sync_to_async(device_of)(cast.charlie)
    foreign = AgentClient(account=charlies.access, org=cast.gamma.pk)
    assert await refused(foreign, shared) == (404, "not_found")
    assert denial_of(await foreign.unshare(shared)) == (404, "not_found")


async def test_whoever_has_the_link_reads_with_an_account_of_another_workspace(agent: AgentClient, cast: Cast) -> None:
    """`opencode import` of a link works for somebody who happens to be signed in."""
    shared = await agent.create()
    await agent.sync(shared, INFO)
    charlies = await sync_to_async(device_of)(cast.charlie)
    assert await AgentClient(account=charlies.access, org=cast.gamma.pk).data(shared) == [INFO]


# --- no batch is lost that could be kept


async def test_agent_that_was_switched_to_another_workspace_goes_on_with_its_share(
    agent: AgentClient, carols: SignedIn, cast: Cast
) -> None:
    shared = await agent.create()
    await sync_to_async(membership_add)(workspace=cast.gamma, user=cast.carol, role=Role.MEMBER, actor=THE_CONSOLE)
    switched = AgentClient(account=carols.access, org=cast.gamma.pk)
    assert (await switched.sync(shared, INFO)).status_code == 200
    elsewhere = AgentClient(account=carols.access, org="wrk_gone")
    assert (await elsewhere.sync(shared, LATER)).status_code == 200
    assert await title() == "later"


async def test_agent_that_signs_in_goes_on_with_what_it_shared_before(carols: SignedIn, cast: Cast) -> None:
    before = AgentClient()
    shared = await before.create()
    signed_in = AgentClient(account=carols.access, org=cast.alpha.pk)
    assert (await signed_in.sync(shared, INFO)).status_code == 200
    assert await title() == "t"


async def test_agent_that_signs_in_goes_on_with_what_it_shared_by_the_workspaces_token(
    carols: SignedIn, cast: Cast
) -> None:
    _, token = await sync_to_async(share_token_create)(
        workspace=cast.alpha, created_by=cast.alice, name="t", actor=THE_CONSOLE
    )
    shared = await AgentClient(prefix=f"/w/{token}").create()
    assert (await AgentClient(account=carols.access, org=cast.alpha.pk).sync(shared, INFO)).status_code == 200
    assert await title() == "t"


async def test_agent_that_signed_out_goes_on_with_the_secret_alone(agent: AgentClient) -> None:
    shared = await agent.create()
    assert (await AgentClient().sync(shared, INFO)).status_code == 200
    assert await title() == "t"


# --- what ends with device and membership


async def test_revoked_device_is_refused_at_its_next_call_and_its_secrets_with_it(
    agent: AgentClient, carols: SignedIn
) -> None:
    shared = await agent.create()
    await agent.sync(shared, INFO)
    await sync_to_async(device_revoke)(device=await sync_to_async(lambda: carols.device)(), actor=THE_CONSOLE)
    assert await refused(agent, shared) == (401, "credentials_invalid")
    stored = await SessionEntry.objects.acount()
    invalidate_targets()
    alone = AgentClient()
    assert await refused(alone, shared) == (401, "credentials_invalid")
    assert denial_of(await alone.unshare(shared)) == (401, "credentials_invalid")
    assert (await SessionEntry.objects.acount(), await title()) == (stored, "t")


async def test_removed_member_writes_neither_by_account_nor_by_secret(agent: AgentClient, cast: Cast) -> None:
    shared = await agent.create()
    membership = await sync_to_async(cast.membership)(cast.carol)
    await sync_to_async(membership_remove)(membership=membership, actor=acting(cast.alice))
    assert await refused(agent, shared) == (404, "not_found")
    invalidate_targets()
    assert await refused(AgentClient(), shared) == (401, "credentials_invalid")


async def test_deleted_and_blocked_workspaces_take_nothing(agent: AgentClient, cast: Cast) -> None:
    shared = await agent.create()
    await Workspace.objects.filter(pk=cast.alpha.pk).aupdate(blocked_at=utc_now())
    blocked = denial_of(await agent.send("POST", "/api/shares", {"sessionID": "ses_1"}))
    assert blocked == (403, "workspace_blocked")
    assert await refused(agent, shared) == (404, "not_found")
    await Workspace.objects.filter(pk=cast.alpha.pk).aupdate(blocked_at=None, deleted_at=utc_now())
    invalidate_targets()
    assert denial_of(await agent.send("POST", "/api/shares", {"sessionID": "ses_1"})) == (404, "not_found")
    assert await refused(agent, shared) == (404, "not_found")


async def test_token_in_the_path_and_an_account_do_not_mix(carols: SignedIn, cast: Cast) -> None:
    mixed = AgentClient(prefix="/w/oc_share_x", account=carols.access, org=cast.alpha.pk)
    assert denial_of(await mixed.send("POST", "/api/shares", {"sessionID": "ses_1"})) == (404, "not_found")


def invalidate_targets() -> None:
    """What was found moments ago may stand for two seconds; a test does not wait them out."""
    rights_invalidate()

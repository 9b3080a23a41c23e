"""What let an agent's batches in is remembered, and ends with the fact that ends it: here at once, elsewhere soon."""

import asyncio
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from asgiref.sync import sync_to_async
from django.db import transaction
from pytest_django import Settings

from accounts.models import Device, User
from accounts.services.devices import device_revoke
from accounts.signals import account_closed
from opencode.lib.actor import PERSON, THE_CONSOLE, Actor
from opencode.lib.clock import utc_now
from sync.agents import share_invalidate
from sync.archive import session_erase
from sync.live.runtime import get_runtime
from sync.models import Session, SessionEntry, Share
from sync.sharing import share_end, share_target
from sync.sharing.selectors import live_shares
from tests.cast import Cast
from tests.support.agent_client import AgentClient, Shared, denial_of
from tests.support.devices import device_of
from tests.support.plans import recorded
from workspaces.models import Membership, ShareToken, Workspace
from workspaces.services.blocks import workspace_block
from workspaces.services.memberships import membership_remove
from workspaces.services.share_tokens import share_token_create, share_token_revoke

INFO = {"type": "session", "data": {"id": "ses_1", "title": "t", "time": {"updated": 5}}}
SOON_SECONDS = 10


def info(number: int) -> dict[str, Any]:
    return {"type": "session", "data": {"id": "ses_1", "title": "t", "time": {"updated": number}}}


class Agents(NamedTuple):
    """One without an account, one with alpha's token in its address, one signed in as carol; by their names below."""

    cast: Cast
    local: AgentClient
    token: AgentClient
    account: AgentClient


@pytest.fixture
def agents(cast: Cast, sync_runtime: None, settings: Settings) -> Agents:
    settings.SYNC_HEARTBEAT_SECONDS = 3600
    _, secret = share_token_create(workspace=cast.alpha, created_by=cast.alice, name="laptop", actor=THE_CONSOLE)
    account = AgentClient(account=device_of(cast.carol).access, org=cast.alpha.pk)
    return Agents(cast, AgentClient(), AgentClient(prefix=f"/w/{secret}"), account)


async def shared_by(agent: AgentClient) -> Shared:
    """A share whose batches are let in by what is remembered."""
    shared = await agent.create()
    for number in (1, 2):
        assert (await agent.sync(shared, info(number))).status_code == 200
    return shared


async def is_refused(agent: AgentClient, shared: Shared) -> bool:
    before = await SessionEntry.objects.acount()
    answer = await agent.sync(shared, info(3), {"type": "message", "data": {"id": "msg_1", "sessionID": "ses_1"}})
    return answer.status_code in (401, 403, 404) and await SessionEntry.objects.acount() <= before


# --- what it saves


@pytest.mark.parametrize("name", ["local", "token", "account"])
async def test_batch_asks_for_nothing_that_is_remembered(name: str, agents: Agents) -> None:
    agent = getattr(agents, name)
    shared = await shared_by(agent)
    with recorded() as asked:
        assert (await agent.sync(shared, info(3))).status_code == 200
    tables = ("sync_share", "workspaces_", "accounts_")
    assert [each.sql for each in asked if any(table in each.sql for table in tables)] == []


async def test_all_that_are_remembered_are_confirmed_by_one_query_of_each_kind(agents: Agents) -> None:
    for agent in (agents.local, agents.token, agents.account):
        for session in ("ses_1", "ses_2"):
            shared = await agent.create(session)
            await agent.sync(shared, {"type": "session", "data": {"id": session, "time": {"updated": 1}}})
    with recorded() as asked:
        await get_runtime().beat()
    # A new connection to MariaDB asks for its version first.
    reads = [each.sql for each in asked if "VERSION()" not in each.sql]
    assert sum("sync_share" in sql for sql in reads) == 1
    assert len(reads) == 3


# --- what ends it


def end_share_by(agents: Agents) -> None:
    share_end(share_id=Share.objects.get().pk, actor=THE_CONSOLE)


def erase_session(agents: Agents) -> None:
    session_erase(session_id=Session.objects.get().pk, actor=THE_CONSOLE)


def block_workspace(agents: Agents) -> None:
    workspace_block(workspace=agents.cast.alpha, actor=THE_CONSOLE)


def revoke_token(agents: Agents) -> None:
    share_token_revoke(token=ShareToken.objects.get(), actor=THE_CONSOLE)


def revoke_device(agents: Agents) -> None:
    device_revoke(device=Device.objects.get(), actor=THE_CONSOLE)


def remove_member(agents: Agents) -> None:
    place = agents.cast.membership(agents.cast.carol)
    membership_remove(membership=place, actor=Actor(PERSON, agents.cast.alice.pk))


def close_account(agents: Agents) -> None:
    User.objects.filter(pk=agents.cast.carol.pk).update(is_active=False)
    account_closed.send(User, user_id=agents.cast.carol.pk)


FACTS: dict[str, tuple[str, Callable[[Agents], None]]] = {
    "a share without a workspace": ("local", end_share_by),
    "a share of a workspace": ("token", end_share_by),
    "a session": ("token", erase_session),
    "a workspace": ("token", block_workspace),
    "a token": ("token", revoke_token),
    "a device": ("account", revoke_device),
    "a membership": ("account", remove_member),
    "a person": ("account", close_account),
}


@pytest.mark.parametrize("fact", FACTS)
async def test_fact_of_this_process_ends_it_at_once(fact: str, agents: Agents) -> None:
    name, act = FACTS[fact]
    agent = getattr(agents, name)
    shared = await shared_by(agent)
    await sync_to_async(act)(agents)
    assert await is_refused(agent, shared)


def share_ends(agents: Agents) -> None:
    Share.objects.update(revoked_at=utc_now())


def share_expires(agents: Agents) -> None:
    Share.objects.update(expires_at=utc_now())


ELSEWHERE: dict[str, tuple[str, Callable[[Agents], Any]]] = {
    "a share": ("local", share_ends),
    "a share by itself": ("token", share_expires),
    "a session": ("local", lambda _: Session.objects.all().delete()),
    "a workspace deleted": ("token", lambda _: Workspace.objects.update(deleted_at=utc_now())),
    "a workspace blocked": ("account", lambda _: Workspace.objects.update(blocked_at=utc_now())),
    "a token": ("token", lambda _: ShareToken.objects.update(revoked_at=utc_now())),
    "a device": ("account", lambda _: Device.objects.update(revoked_at=utc_now())),
    "a membership": ("account", lambda agents: Membership.objects.filter(user=agents.cast.carol).delete()),
    "a person": ("account", lambda agents: User.objects.filter(pk=agents.cast.carol.pk).update(is_active=False)),
}


@pytest.mark.parametrize("fact", ELSEWHERE)
async def test_fact_of_another_process_ends_it_at_the_next_heartbeat(fact: str, agents: Agents) -> None:
    name, act = ELSEWHERE[fact]
    agent = getattr(agents, name)
    shared = await shared_by(agent)
    await sync_to_async(act)(agents)
    await get_runtime().beat()
    assert await is_refused(agent, shared)


async def test_what_nobody_confirms_does_not_stand_for_longer_than_a_heartbeat(
    agents: Agents, settings: Settings
) -> None:
    shared = await shared_by(agents.local)
    await sync_to_async(share_ends)(agents)
    assert not await is_refused(agents.local, shared)
    settings.SYNC_HEARTBEAT_SECONDS = 0.5
    async with asyncio.timeout(SOON_SECONDS):
        while not await is_refused(agents.local, shared):  # noqa: ASYNC110 - until time has passed
            await asyncio.sleep(0.05)


async def test_batch_that_waits_for_its_session_is_not_kept_when_the_share_ends_meanwhile(agents: Agents) -> None:
    shared = await shared_by(agents.token)
    kept = await SessionEntry.objects.acount()
    locked, queued = asyncio.Event(), asyncio.Event()
    holding = asyncio.create_task(_end_while_locked(shared, locked, queued))
    await locked.wait()
    message = {"type": "message", "data": {"id": "msg_1", "sessionID": "ses_1"}}
    batch = asyncio.create_task(agents.token.sync(shared, message))
    async with asyncio.timeout(SOON_SECONDS):
        while not get_runtime().load.queued_bytes:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)
    queued.set()
    await holding
    assert denial_of(await batch) == (404, "not_found")
    assert await SessionEntry.objects.acount() == kept


async def _end_while_locked(shared: Shared, locked: asyncio.Event, queued: asyncio.Event) -> None:
    """Hold the session's row as another writer would, and end the share before it is free."""
    loop = asyncio.get_running_loop()

    def hold() -> None:
        with transaction.atomic():
            Session.objects.select_for_update().get()
            Share.objects.update(revoked_at=utc_now())
            loop.call_soon_threadsafe(locked.set)
            asyncio.run_coroutine_threadsafe(queued.wait(), loop).result(SOON_SECONDS)
            share_invalidate(share_id=shared.id)

    await sync_to_async(hold, thread_sensitive=False)()


async def test_look_up_that_began_before_the_fact_is_not_remembered(
    agents: Agents, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sync.agents import targets

    shared = await agents.local.create()
    look_up = targets.share_target

    def ends_meanwhile(share_id: str) -> Any:
        found = look_up(share_id)
        Share.objects.update(revoked_at=utc_now())
        share_invalidate(share_id=share_id)
        return found

    monkeypatch.setattr(targets, "share_target", ends_meanwhile)
    await agents.local.sync(shared, info(1))
    monkeypatch.setattr(targets, "share_target", look_up)
    assert await is_refused(agents.local, shared)


# --- both ways of asking say the same


@pytest.mark.parametrize("fact", ["none", *ELSEWHERE])
async def test_prepared_look_up_finds_the_shares_that_live(fact: str, agents: Agents) -> None:
    name, act = ELSEWHERE.get(fact, ("token", lambda _: None))
    shared = await shared_by(getattr(agents, name))
    await sync_to_async(act)(agents)
    lives = await sync_to_async(live_shares().filter(id=shared.id).exists)()
    assert (await sync_to_async(share_target)(shared.id) is not None) == lives

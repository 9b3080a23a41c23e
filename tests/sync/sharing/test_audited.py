"""Links made and ended, sessions restored and deleted, by people and agents, are in their workspace's audit log."""

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.urls import reverse

from opencode.lib.actor import KEY, PERSON, SYSTEM, THE_CONSOLE
from sync.archive.erasure.erasing import session_erase
from sync.models import Session, Share
from tests.cast import Cast, SignIn
from tests.support.agent_client import AgentClient
from tests.support.audit import audited, last_audited
from workspaces.models import AuditEntry, ShareToken

ADDRESS = "127.0.0.1"


@pytest.fixture
def session(cast: Cast) -> Session:
    return Session.objects.create(client_id="ses_1", workspace=cast.alpha, owner_key=cast.alpha.pk)


def test_link_made_and_ended_on_the_page(cast: Cast, sign_in: SignIn, session: Session) -> None:
    made = reverse("sync:share-create", args=["alpha", "ses_1"])
    sign_in(cast.carol).post(made, {"visibility": "link", "lifetime": "never"})
    share = Share.objects.get()
    sign_in(cast.bob).post(reverse("sync:share-end", args=["alpha", "ses_1", share.pk]))
    acts = [
        (entry.action, entry.actor_id, entry.target_id, share.pk in entry.details)
        for entry in audited(cast.alpha, "session.share", "session.unshare")
    ]
    assert acts == [
        ("session.share", cast.carol.pk, "ses_1", True),
        ("session.unshare", cast.bob.pk, "ses_1", True),
    ]


@pytest.mark.django_db(transaction=True)
async def test_agent_with_a_token_shares_once_and_unshares(cast: Cast, alpha_agent: AgentClient) -> None:
    shared = await alpha_agent.create("ses_1")
    await alpha_agent.create("ses_1")
    ended = await alpha_agent.unshare(shared)
    token = await ShareToken.objects.aget()
    entries = await sync_to_async(audited)(cast.alpha, "session.share", "session.unshare")
    acts = [(entry.action, entry.actor_kind, entry.actor_id, entry.ip, entry.target_id) for entry in entries]
    assert acts == [
        ("session.share", KEY, token.pk, ADDRESS, "ses_1"),
        ("session.unshare", KEY, token.pk, ADDRESS, "ses_1"),
    ]
    assert entries[-1].request_id == ended.headers["X-Request-Id"]


@pytest.mark.django_db(transaction=True)
async def test_agent_that_shows_only_the_shares_secret_is_named_by_the_share(
    cast: Cast, alpha_agent: AgentClient, agent: AgentClient
) -> None:
    shared = await alpha_agent.create("ses_1")
    await agent.unshare(shared)
    expected = {"actor": (KEY, shared.id), "ip": ADDRESS, "action": "session.unshare", "target": "ses_1"}
    assert await sync_to_async(last_audited)(cast.alpha) == expected


@pytest.mark.django_db(transaction=True)
async def test_anonymous_shares_belong_to_no_log(cast: Cast, agent: AgentClient) -> None:
    before = await AuditEntry.objects.acount()
    answer: httpx.Response = await agent.unshare(await agent.create("ses_1"))
    assert (answer.status_code, await AuditEntry.objects.acount()) == (200, before)


def test_session_deleted_on_the_page(cast: Cast, sign_in: SignIn, session: Session) -> None:
    address = reverse("sync:session-delete", args=["alpha", "ses_1"])
    sign_in(cast.bob).post(address, {"confirmation": "ses_1"})
    expected = {"actor": (PERSON, cast.bob.pk), "ip": ADDRESS, "action": "session.delete", "target": "ses_1"}
    assert last_audited(cast.alpha) == expected


def test_session_erased_by_a_command_is_the_consoles_act(cast: Cast, session: Session) -> None:
    session_erase(session_id=session.pk, actor=THE_CONSOLE)
    expected = {"actor": (SYSTEM, ""), "ip": None, "action": "session.delete", "target": "ses_1"}
    assert last_audited(cast.alpha) == expected

"""A workspace's rules for new links: who sets them, and what they do to people, programs and agents."""

import json
from datetime import timedelta

import pytest
from django.test import Client

from opencode.lib.actor import THE_CONSOLE, Actor
from opencode.lib.clock import utc_now
from opencode.lib.errors import Forbidden
from sync.errors import LinkTooLong, OpenLinksOff
from sync.models import Session, Share, SharePolicy
from sync.sharing import share_create, share_link_create, share_policy_save
from tests.cast import Cast, SignIn, acting
from tests.support.transcripts import CLIENT_ID, make_session
from workspaces.models import AuditEntry

pytestmark = pytest.mark.django_db
RULES = "/workspaces/alpha/links/rules/"
NEW = f"/workspaces/alpha/sessions/{CLIENT_ID}/shares/new/"
STRICT = {"default_days": "1", "longest_days": "7"}


@pytest.fixture
def session(cast: Cast) -> Session:
    return make_session(workspace=cast.alpha, created_by=cast.alice)


def agents_share(cast: Cast, session: str = CLIENT_ID) -> Share:
    made = share_create(
        client_id=session,
        workspace_id=cast.alpha.pk,
        is_local=False,
        client_address="192.0.2.1",
        actor=Actor(THE_CONSOLE.kind, "tok_1"),
    )
    return Share.objects.get(pk=made.id)


def allow(cast: Cast, *, is_open: bool = True, longest_days: int | None = None) -> None:
    share_policy_save(
        workspace=cast.alpha,
        allows_open_links=is_open,
        default_days=7,
        longest_days=longest_days,
        actor=acting(cast.alice),
    )


def test_who_was_lowered_while_they_waited_sets_no_rules(cast: Cast) -> None:
    with pytest.raises(Forbidden):
        share_policy_save(
            workspace=cast.alpha, allows_open_links=True, default_days=7, longest_days=None, actor=acting(cast.carol)
        )
    assert not SharePolicy.objects.exists()


def test_admin_sets_the_rules_once_audited(cast: Cast, sign_in: SignIn) -> None:
    bob = sign_in(cast.bob)
    for _ in range(2):
        assert bob.post(RULES, STRICT).status_code == 302
    policy = SharePolicy.objects.get()
    assert (policy.workspace, policy.allows_open_links, policy.default_days, policy.longest_days) == (
        cast.alpha,
        False,
        1,
        7,
    )
    entry = AuditEntry.objects.get(action="workspace.links")
    assert json.loads(entry.details) == {"default_days": 1, "longest_days": 7, "who_may_open": "members"}
    assert "open for members only, and live 7 days at most" in bob.get("/workspaces/alpha/links/").content.decode()


@pytest.mark.parametrize(
    "typed",
    [{"default_days": "90", "longest_days": "7"}, {"default_days": "2"}, {"default_days": "", "longest_days": "-1"}],
)
def test_rules_that_make_no_sense_are_refused(cast: Cast, sign_in: SignIn, typed: dict[str, str]) -> None:
    assert sign_in(cast.alice).post(RULES, typed).status_code == 422
    assert not SharePolicy.objects.exists()


def test_form_offers_what_the_rules_allow(cast: Cast, session: Session, sign_in: SignIn) -> None:
    allow(cast, is_open=False, longest_days=7)
    carol: Client = sign_in(cast.carol)
    form = carol.get(NEW).content.decode()
    assert [f'value="{days}"' in form for days in ("1", "7", "30", "never")] == [True, True, False, False]
    assert "Anyone with the link" not in form
    assert carol.post(NEW, {"visibility": "link", "lifetime": "7"}).status_code == 422
    assert carol.post(NEW, {"visibility": "members", "lifetime": "30"}).status_code == 422
    assert carol.post(NEW, {"visibility": "members", "lifetime": "7"}).status_code == 302
    assert Share.objects.get().is_for_members


def test_service_holds_the_rules_for_programs_too(cast: Cast, session: Session) -> None:
    allow(cast, longest_days=7)
    now = utc_now()
    with pytest.raises(LinkTooLong, match="7 days at most"):
        share_link_create(session=session, actor=acting(cast.carol), expires_at=now + timedelta(days=8))
    endless = share_link_create(session=session, actor=acting(cast.carol))
    assert endless.expires_at is not None
    assert timedelta(days=6, hours=23) < endless.expires_at - now <= timedelta(days=7, minutes=1)
    allow(cast, is_open=False)
    with pytest.raises(OpenLinksOff):
        share_link_create(session=session, actor=acting(cast.carol))
    assert Share.objects.count() == 1


def test_agents_get_links_for_members_where_no_others_are_allowed(cast: Cast, session: Session) -> None:
    before = agents_share(cast)
    allow(cast, is_open=False, longest_days=1)
    # The one it has goes on as it was made; a new one is for members, and ends no sooner.
    assert agents_share(cast) == before
    new = agents_share(cast, "ses_new")
    assert (before.visibility, new.visibility, new.expires_at) == ("link", "members", None)
    assert agents_share(cast, "ses_new") == new


def test_other_workspaces_are_not_concerned(cast: Cast, session: Session) -> None:
    allow(cast, is_open=False, longest_days=1)
    other = make_session(workspace=cast.gamma)
    made = share_link_create(session=other, actor=acting(cast.charlie))
    assert (made.visibility, made.expires_at) == ("link", None)

"""Links made and ended from the session's page: by its workspace's members, without JavaScript."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from opencode.lib.actor import THE_CONSOLE
from opencode.lib.clock import utc_now
from sync.models import Session, Share
from sync.sharing import links as sharelinks
from sync.sharing.shares import share_create, share_end
from sync.signals import share_ended
from tests.cast import Cast, SignIn
from tests.support.copied import copied_from
from tests.support.transcripts import CLIENT_ID, CONVERSATION, make_session, make_share, publish
from tests.unit.sync.transcript.entries import text_of
from workspaces.models import AuditEntry

CHOICES = {"visibility": "link", "lifetime": "never"}


@pytest.fixture
def session(cast: Cast) -> Session:
    return publish(make_session(workspace=cast.alpha, created_by=cast.alice), CONVERSATION)


def page(workspace: str = "alpha", suffix: str = "") -> str:
    return f"/workspaces/{workspace}/sessions/{CLIENT_ID}/{suffix}"


def create(client: Client, **choices: str) -> Any:
    return client.post(page(suffix="shares/new/"), {**CHOICES, **choices}, follow=True)


def test_member_makes_a_link_that_anybody_can_open(cast: Cast, session: Session, sign_in: SignIn) -> None:
    answer = create(sign_in(cast.carol))
    share = Share.objects.get()
    assert (share.visibility, share.expires_at, share.created_by) == ("link", None, cast.carol)
    shown = answer.content.decode()
    assert copied_from(shown)["share-url"].endswith(f"/share/{share.pk}")
    assert share.masks_secrets
    assert "Opened Never" in " ".join(text_of(shown).split())
    seen = Client().get(f"/share/{share.pk}")
    assert seen.status_code == 200
    assert seen["X-Robots-Tag"] == "noindex, nofollow"


def test_public_link_may_be_found_by_search_engines(cast: Cast, session: Session, sign_in: SignIn) -> None:
    create(sign_in(cast.carol), visibility="public")
    assert "X-Robots-Tag" not in Client().get(f"/share/{Share.objects.get().pk}")


def test_link_ends_by_itself_when_its_time_is_over(cast: Cast, session: Session, sign_in: SignIn) -> None:
    create(sign_in(cast.carol), lifetime="7")
    share = Share.objects.get()
    assert share.expires_at is not None
    assert timedelta(days=6, hours=23) < share.expires_at - utc_now() <= timedelta(days=7)
    Share.objects.update(expires_at=utc_now())
    assert Client().get(f"/share/{share.pk}").status_code == 404


@pytest.mark.parametrize("choices", [{"visibility": "everybody"}, {"lifetime": "-1"}, {"lifetime": ""}])
def test_choices_nobody_offered_make_nothing(
    cast: Cast, session: Session, sign_in: SignIn, choices: dict[str, str]
) -> None:
    assert create(sign_in(cast.carol), **choices).status_code == 422
    assert not Share.objects.exists()


def test_page_to_end_a_link_names_it_and_its_session(cast: Cast, session: Session, sign_in: SignIn) -> None:
    share = make_share(session)
    html = sign_in(cast.carol).get(page(suffix=f"shares/{share.pk}/end/")).content.decode()
    assert share.pk in html
    assert "Fix the retry" in html
    assert Share.objects.get().revoked_at is None


def test_ended_link_leads_nowhere_and_the_session_stays(
    cast: Cast,
    session: Session,
    sign_in: SignIn,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    share = make_share(session)
    told: list[Any] = []

    def note(share_id: str, session_id: int, **_: Any) -> None:
        told.append((share_id, session_id))

    share_ended.connect(note)
    with django_capture_on_commit_callbacks(execute=True):
        answer = sign_in(cast.bob).post(page(suffix=f"shares/{share.pk}/end/"), follow=True)
    share_ended.disconnect(note)
    assert f"/share/{share.pk} Revoked" in " ".join(text_of(answer.content.decode()).split())
    assert Client().get(f"/share/{share.pk}").status_code == 404
    assert told == [(share.pk, session.pk)]
    assert Session.objects.filter(pk=session.pk).exists()


@pytest.mark.parametrize("is_in_workspace", [True, False])
def test_an_agents_unshare_that_is_rolled_back_disconnects_nobody(
    cast: Cast, is_in_workspace: bool, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    share = make_share(make_session(workspace=cast.alpha if is_in_workspace else None))
    told: list[str] = []

    def note(share_id: str, **_: Any) -> None:
        told.append(share_id)

    share_ended.connect(note)
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        share_end(share_id=share.pk, actor=THE_CONSOLE)
        transaction.set_rollback(True)
    assert told == []
    with django_capture_on_commit_callbacks(execute=True):
        share_end(share_id=share.pk, actor=THE_CONSOLE)
    share_ended.disconnect(note)
    assert told == [share.pk]


def test_ending_again_changes_nothing(cast: Cast, session: Session, sign_in: SignIn) -> None:
    share = make_share(session, revoked_at=utc_now() - timedelta(days=1))
    before = Share.objects.get().revoked_at
    path = page(suffix=f"shares/{share.pk}/end/")
    assert "was revoked" in sign_in(cast.carol).get(path).content.decode()
    assert sign_in(cast.carol).post(path).status_code == 302
    assert Share.objects.get().revoked_at == before


def test_outsider_finds_nothing_and_changes_nothing(cast: Cast, session: Session, sign_in: SignIn) -> None:
    share = make_share(session)
    charlie = sign_in(cast.charlie)
    assert create(charlie).status_code == 404
    assert charlie.post(page(suffix=f"shares/{share.pk}/end/")).status_code == 404
    assert charlie.post(page("gamma", suffix=f"shares/{share.pk}/end/")).status_code == 404
    assert Share.objects.get().revoked_at is None


def test_link_of_another_session_is_not_found_here(cast: Cast, session: Session, sign_in: SignIn) -> None:
    other = make_share(make_session(workspace=cast.alpha, client_id="ses_other"))
    assert sign_in(cast.alice).post(page(suffix=f"shares/{other.pk}/end/")).status_code == 404
    assert Share.objects.get().revoked_at is None


def test_agent_never_gets_a_link_that_a_person_made(cast: Cast, session: Session, sign_in: SignIn) -> None:
    create(sign_in(cast.carol))
    made = Share.objects.get()
    answer = share_create(
        client_id=CLIENT_ID, workspace_id=cast.alpha.pk, is_local=False, client_address="192.0.2.1", actor=THE_CONSOLE
    )
    assert answer.id != made.pk
    again = share_create(
        client_id=CLIENT_ID, workspace_id=cast.alpha.pk, is_local=False, client_address="192.0.2.1", actor=THE_CONSOLE
    )
    assert again == answer


def test_one_link_too_many_is_refused_beside_the_form(
    cast: Cast, session: Session, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharelinks, "LIVE_SHARE_LIMIT", 1)
    make_share(session, revoked_at=utc_now())
    assert create(sign_in(cast.carol)).status_code == 200
    refused = create(sign_in(cast.carol))
    assert refused.status_code == 422
    assert "as many active links as it can have" in refused.content.decode()


def test_link_lives_seven_days_unless_chosen_otherwise_and_shows_secrets_only_when_asked(
    cast: Cast, session: Session, sign_in: SignIn
) -> None:
    carol = sign_in(cast.carol)
    form = carol.get(page(suffix="shares/new/")).content.decode()
    assert '<option value="7" selected>In 7 days</option>' in form
    assert "data-dialog-content" in form
    create(carol, shows_secrets="on")
    assert not Share.objects.get().masks_secrets
    entry = AuditEntry.objects.get(action="session.share")
    assert json.loads(entry.details)["secrets"] == "shown"


def test_form_needs_its_token(cast: Cast, session: Session, settings: Settings) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(cast.carol)
    assert strict.post(page(suffix="shares/new/"), CHOICES).status_code == 403
    assert not Share.objects.exists()

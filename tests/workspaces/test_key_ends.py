"""Keys and share tokens that end: a mail a week and a day before, once each, and one entry at the end."""

from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import OutgoingMail, User
from opencode.lib.actor import SYSTEM, THE_CONSOLE
from opencode.lib.clock import utc_now
from tests.cast import Cast
from tests.support.audit import audited
from tests.workspaces.conftest import MakeKey, MakeToken
from workspaces.models import APIKey, ShareToken
from workspaces.services.api_keys import api_key_revoke
from workspaces.services.key_ends import keys_end_record, keys_warn
from workspaces.services.key_rotation import api_key_rotate
from workspaces.services.share_tokens import share_token_revoke
from workspaces.tasks import keys_sweep

pytestmark = pytest.mark.django_db
MONTH = timedelta(days=30)


@pytest.fixture
def key(cast: Cast, make_key: MakeKey) -> APIKey:
    """Carol's; ends in a month."""
    return make_key(cast.carol, expires_at=utc_now() + MONTH)[0]


@pytest.fixture
def token(cast: Cast, make_token: MakeToken) -> ShareToken:
    """Bob's making, the workspace's; ends in a month."""
    return make_token(created_by=cast.bob, expires_at=utc_now() + MONTH)[0]


def sweep(key: APIKey | ShareToken, **before: int) -> list[tuple[str, str]]:
    """A sweep so long before the key's end; the mails it sent."""
    assert key.expires_at is not None
    OutgoingMail.objects.all().delete()
    keys_warn(now=key.expires_at - timedelta(**before))
    return sorted(OutgoingMail.objects.values_list("recipient", "subject"))


def test_the_owner_is_told_a_week_and_a_day_before_once_each(cast: Cast, key: APIKey) -> None:
    sweeps = [sweep(key, days=8), sweep(key, days=6), sweep(key, days=5), sweep(key, hours=20), sweep(key, hours=1)]
    week = [(cast.carol.email, "The API key laptop expires in 7 days")]
    day = [(cast.carol.email, "The API key laptop expires in a day")]
    assert sweeps == [[], week, [], day, []]


def test_a_sweep_that_comes_late_sends_the_nearer_warning_only(cast: Cast, key: APIKey) -> None:
    assert [len(sweep(key, hours=hours)) for hours in (3, 2)] == [1, 0]


def test_of_a_service_key_the_owners_are_told(cast: Cast, make_key: MakeKey) -> None:
    key, _ = make_key(cast.bob, is_service_key=True, expires_at=utc_now() + MONTH)
    assert [address for address, _ in sweep(key, days=2)] == [cast.alice.email]


def test_a_key_made_for_a_few_days_needs_no_weekly_warning(cast: Cast, make_key: MakeKey) -> None:
    key, _ = make_key(cast.carol, expires_at=utc_now() + timedelta(days=5))
    assert [len(sweep(key, days=4)), len(sweep(key, hours=20))] == [0, 1]


def test_of_a_rotated_key_nothing_is_told(cast: Cast, key: APIKey) -> None:
    api_key_rotate(key=key, rotated_by=cast.carol, overlap_hours=168, actor=THE_CONSOLE)
    key.refresh_from_db()
    assert sweep(key, hours=2) == []


@pytest.mark.parametrize("ended", ["revoked", "suspended"])
def test_of_keys_that_open_nothing_nothing_is_told(cast: Cast, key: APIKey, ended: str) -> None:
    acts = {
        "revoked": lambda: api_key_revoke(key=key, actor=THE_CONSOLE),
        "suspended": lambda: User.objects.filter(pk=cast.carol.pk).update(is_active=False),
    }
    acts[ended]()
    assert sweep(key, days=2) == []


def test_the_end_is_in_the_log_once(cast: Cast, key: APIKey) -> None:
    assert key.expires_at is not None
    moments = [key.expires_at - timedelta(seconds=1), key.expires_at, key.expires_at + timedelta(days=1)]
    assert [keys_end_record(now=moment) for moment in moments] == [0, 1, 0]
    (entry,) = audited(cast.alpha, "key.expire")
    assert (entry.actor_kind, entry.target_id) == (SYSTEM, key.pk)


def test_a_revoked_key_does_not_expire(cast: Cast, key: APIKey) -> None:
    assert key.expires_at is not None
    api_key_revoke(key=key, actor=THE_CONSOLE)
    assert keys_end_record(now=key.expires_at) == 0


def test_of_a_share_token_the_owners_are_told_a_week_and_a_day_before_once_each(cast: Cast, token: ShareToken) -> None:
    sweeps = [sweep(token, days=8), sweep(token, days=6), sweep(token, days=5), sweep(token, hours=20)]
    week = [(cast.alice.email, "The share token build server expires in 7 days")]
    day = [(cast.alice.email, "The share token build server expires in a day")]
    assert sweeps == [[], week, [], day]


def test_the_end_of_a_share_token_is_in_the_log_once(cast: Cast, token: ShareToken) -> None:
    assert token.expires_at is not None
    moments = [token.expires_at - timedelta(seconds=1), token.expires_at, token.expires_at + timedelta(days=1)]
    assert [keys_end_record(now=moment) for moment in moments] == [0, 1, 0]
    (entry,) = audited(cast.alpha, "token.expire")
    assert (entry.actor_kind, entry.target_id) == (SYSTEM, token.pk)


def test_a_revoked_share_token_is_neither_told_of_nor_does_it_expire(cast: Cast, token: ShareToken) -> None:
    assert token.expires_at is not None
    share_token_revoke(token=token, actor=THE_CONSOLE)
    assert sweep(token, days=2) == []
    assert keys_end_record(now=token.expires_at) == 0


def test_the_schedule_warns_and_records(
    cast: Cast, key: APIKey, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    assert key.expires_at is not None
    with time_machine.travel(key.expires_at - timedelta(days=3)), django_capture_on_commit_callbacks(execute=True):
        keys_sweep()
    with time_machine.travel(key.expires_at + timedelta(days=3)):
        keys_sweep()
    assert [message.to for message in mail.outbox] == [[cast.carol.email]]
    assert f"/workspaces/alpha/keys/{key.pk}/" in str(mail.outbox[0].body)
    assert len(audited(cast.alpha, "key.expire")) == 1

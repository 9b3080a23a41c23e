"""Rotating a key: the old one works on as long as was chosen, the new one from the first moment."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import time_machine
from django.db import connection
from pytest_django import DjangoCaptureOnCommitCallbacks

from opencode.lib.actor import THE_CONSOLE
from opencode.lib.clock import utc_now
from opencode.lib.errors import CredentialsInvalid, Forbidden, NotFound
from tests.cast import Cast, SignIn, acting
from tests.support.audit import audited
from tests.workspaces.conftest import MakeKey
from tests.workspaces.test_memberships import Ear
from workspaces.access import key_access
from workspaces.errors import KeyEnded
from workspaces.keys.usage import usage_flush
from workspaces.models import APIKey, Membership, Role
from workspaces.selectors.credentials import family_of, usage_days
from workspaces.services import api_keys
from workspaces.services.api_keys import api_key_revoke
from workspaces.services.key_rotation import OVERLAPS, api_key_rotate
from workspaces.signals import api_key_revoked

pytestmark = pytest.mark.django_db


def rotate(key: APIKey, cast: Cast, hours: int = 24) -> tuple[APIKey, str]:
    return api_key_rotate(key=key, rotated_by=cast.carol, overlap_hours=hours, actor=THE_CONSOLE)


def works(secret: str) -> bool:
    try:
        key_access(secret)
    except CredentialsInvalid:
        return False
    return True


def test_person_who_was_removed_while_the_page_was_open_gets_no_key(cast: Cast, make_key: MakeKey) -> None:
    key, _ = make_key(cast.carol)
    Membership.objects.filter(user=cast.carol).delete()
    with pytest.raises(NotFound):
        rotate(key, cast)


def test_nobody_gets_a_key_that_acts_as_somebody_else(cast: Cast, make_key: MakeKey) -> None:
    key, _ = make_key(cast.alice)
    with pytest.raises(Forbidden):
        rotate(key, cast)
    Membership.objects.filter(user=cast.carol).update(role=Role.ADMIN)
    with pytest.raises(Forbidden):
        rotate(key, cast)


def test_admin_who_was_demoted_meanwhile_sets_no_limit(cast: Cast, make_key: MakeKey) -> None:
    key, _ = make_key(cast.carol)
    Membership.objects.filter(user=cast.bob).update(role=Role.MEMBER)
    with pytest.raises(Forbidden):
        api_keys.api_key_limit_set(key=key, monthly_limit=1, actor=acting(cast.bob))
    assert APIKey.objects.get(pk=key.pk).monthly_limit is None


@pytest.mark.parametrize("hours", OVERLAPS[1:])
def test_both_work_until_the_overlap_ends(cast: Cast, make_key: MakeKey, hours: int) -> None:
    key, old = make_key(cast.carol)
    _, new = rotate(key, cast, hours)
    end = utc_now() + timedelta(hours=hours)
    with time_machine.travel(end - timedelta(minutes=1), tick=False):
        assert (works(old), works(new)) == (True, True)
    with time_machine.travel(end + timedelta(minutes=1), tick=False):
        assert (works(old), works(new)) == (False, True)


def test_without_overlap_the_old_key_and_what_it_holds_open_end_at_once(
    cast: Cast, make_key: MakeKey, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    key, old = make_key(cast.carol)
    told = Ear(api_key_revoked)
    with django_capture_on_commit_callbacks(execute=True):
        _, new = rotate(key, cast, 0)
    assert (works(old), works(new)) == (False, True)
    assert [fact["key_id"] for fact in told.heard] == [key.pk]


def test_a_rotation_never_lengthens_the_old_keys_life(cast: Cast, make_key: MakeKey) -> None:
    end = utc_now() + timedelta(hours=2)
    key, _ = make_key(cast.carol, expires_at=end)
    rotate(key, cast, 168)
    key.refresh_from_db()
    assert key.expires_at == end


def test_the_new_key_is_like_the_old_one(cast: Cast, make_key: MakeKey) -> None:
    key, _ = make_key(cast.carol, name="ci", scopes=["sync:read"], expires_at=utc_now() + timedelta(days=30))
    APIKey.objects.filter(pk=key.pk).update(monthly_limit=5)
    new, _ = rotate(key, cast)
    assert (new.name, new.scopes, new.user, new.monthly_limit) == ("ci", ["sync:read"], cast.carol, 5)
    assert new.expires_at is not None
    assert timedelta(days=29, hours=23) < new.expires_at - utc_now() < timedelta(days=30, minutes=1)


def test_a_key_is_rotated_once_and_then_the_one_that_follows(cast: Cast, make_key: MakeKey) -> None:
    key, _ = make_key(cast.carol)
    second, _ = rotate(key, cast)
    with pytest.raises(KeyEnded):
        rotate(key, cast)
    third, _ = rotate(second, cast)
    assert list(family_of(key)) == [third, second, key]


def test_an_ended_key_is_not_rotated(cast: Cast, make_key: MakeKey) -> None:
    key, _ = make_key(cast.carol)
    api_key_revoke(key=key, actor=THE_CONSOLE)
    with pytest.raises(KeyEnded):
        rotate(key, cast)


def test_use_is_counted_over_rotations(cast: Cast, make_key: MakeKey) -> None:
    key, old = make_key(cast.carol)
    second, new = rotate(key, cast)
    for secret in (old, new, new):
        key_access(secret)
    usage_flush()
    assert [usage_days(each, utc_now().date())[-1].requests for each in (key, second)] == [3, 3]


def test_a_rotation_is_in_the_log(cast: Cast, make_key: MakeKey) -> None:
    key, _ = make_key(cast.carol)
    new, _ = rotate(key, cast, 1)
    (entry,) = audited(cast.alpha, "key.rotate")
    assert (entry.target_id, entry.details) == (key.pk, f'{{"overlap_hours":1,"replacement":"{new.pk}"}}')


@pytest.mark.django_db(transaction=True)
def test_of_several_rotations_at_once_one_makes_a_key(cast: Cast, make_key: MakeKey) -> None:
    key, _ = make_key(cast.carol)
    start = Barrier(4)

    def attempt(_: int) -> str:
        start.wait()
        try:
            rotate(key, cast, 0)
        except KeyEnded:
            return "too late"
        finally:
            connection.close()
        return "rotated"

    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(attempt, range(4)))
    assert answers == ["rotated", "too late", "too late", "too late"]
    assert family_of(key).count() == 2


# --- the pages


def page_of(key: APIKey, what: str = "") -> str:
    return f"/workspaces/alpha/keys/{key.pk}/{what}"


def test_the_new_key_is_shown_once_with_what_happens_to_the_old_one(
    cast: Cast, sign_in: SignIn, make_key: MakeKey
) -> None:
    key, _ = make_key(cast.carol)
    answer = sign_in(cast.carol).post(page_of(key, "rotate/"), {"overlap": "168"})
    shown = answer.content.decode()
    new = APIKey.objects.exclude(pk=key.pk).get()
    assert (new.prefix in shown, "7 days" in shown, key.prefix in shown) == (True, True, True)
    assert answer["Cache-Control"].startswith("max-age=0")


def test_nobody_rotates_another_persons_key_not_even_an_owner(cast: Cast, sign_in: SignIn, make_key: MakeKey) -> None:
    key, _ = make_key(cast.carol)
    assert sign_in(cast.alice).post(page_of(key, "rotate/"), {"overlap": "0"}).status_code == 403
    assert APIKey.objects.count() == 1


def test_admins_rotate_the_workspaces_keys(cast: Cast, sign_in: SignIn, make_key: MakeKey) -> None:
    key, _ = make_key(cast.alice, is_service_key=True)
    assert sign_in(cast.bob).post(page_of(key, "rotate/"), {"overlap": "0"}).status_code == 200
    assert family_of(key).count() == 2


def test_a_full_workspace_says_why_no_key_is_made(
    cast: Cast, sign_in: SignIn, make_key: MakeKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, _ = make_key(cast.carol)
    monkeypatch.setattr(api_keys, "LIVE_KEY_LIMIT", 1)
    answer = sign_in(cast.carol).post(page_of(key, "rotate/"), {"overlap": "24"})
    assert (answer.status_code, "as many active keys" in answer.content.decode()) == (422, True)


def test_the_page_of_an_ended_key_offers_no_rotation(cast: Cast, sign_in: SignIn, make_key: MakeKey) -> None:
    key, _ = make_key(cast.carol)
    api_key_revoke(key=key, actor=THE_CONSOLE)
    client = sign_in(cast.carol)
    assert page_of(key, "rotate/") not in client.get(page_of(key)).content.decode()
    assert "is no longer active or was already rotated" in client.get(page_of(key, "rotate/")).content.decode()


def test_admins_limit_a_key_and_members_do_not(cast: Cast, sign_in: SignIn, make_key: MakeKey) -> None:
    key, _ = make_key(cast.carol)
    statuses = [
        sign_in(user).post(page_of(key), {"monthly_limit": "12.50"}).status_code for user in (cast.carol, cast.bob)
    ]
    key.refresh_from_db()
    assert (statuses, key.monthly_limit) == ([403, 302], 1_250_000_000)
    (entry,) = audited(cast.alpha, "key.limit")
    assert (entry.actor_id, entry.details) == (cast.bob.pk, '{"from":null,"to":1250000000}')


def test_a_limit_that_stays_is_no_act(cast: Cast, sign_in: SignIn, make_key: MakeKey) -> None:
    key, _ = make_key(cast.carol)
    sign_in(cast.bob).post(page_of(key), {"monthly_limit": ""})
    assert audited(cast.alpha, "key.limit") == []


def test_the_page_shows_30_days_of_use_as_a_picture_and_a_table(cast: Cast, sign_in: SignIn, make_key: MakeKey) -> None:
    key, secret = make_key(cast.carol)
    key_access(secret)
    usage_flush()
    shown = sign_in(cast.carol).get(page_of(key)).content.decode()
    assert (shown.count('class="bar-ground"'), shown.count('class="bar"'), shown.count('class="mono">20')) == (
        30,
        1,
        30,
    )

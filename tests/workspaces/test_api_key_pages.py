"""API keys through their pages."""

import logging
import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import User
from opencode.lib import paging
from opencode.lib.actor import THE_CONSOLE
from opencode.lib.errors import CredentialsInvalid
from tests.cast import Cast, browser
from tests.workspaces.conftest import MakeKey
from tests.workspaces.test_memberships import Ear
from workspaces.access import key_access
from workspaces.models import APIKey
from workspaces.services import api_keys as service
from workspaces.signals import api_key_revoked

pytestmark = pytest.mark.django_db

KEYS = "/workspaces/alpha/keys/"
FORM = {"name": "laptop", "scopes": ["sync:read"], "lifetime": "90"}


def secrets_in(page: str) -> set[str]:
    return set(re.findall(r"oc_live_[0-9A-Za-z]{33}", page))


def create(user: User, **fields: object) -> str:
    """Makes a key by the form; answers its secret, read off the page."""
    page = browser(user).post(f"{KEYS}new/", {**FORM, **fields})
    assert page.status_code == 200, page.content.decode()
    (secret,) = secrets_in(page.content.decode())
    return secret


def revoke_path(key: APIKey) -> str:
    return f"{KEYS}{key.pk}/revoke/"


def test_made_key_works(cast: Cast) -> None:
    access = key_access(create(cast.carol))
    assert (access.user_id, access.scopes) == (cast.carol.pk, {"sync:read"})


def test_key_is_shown_once(cast: Cast) -> None:
    client = browser(cast.carol)
    page = client.post(f"{KEYS}new/", FORM)
    (secret,) = secrets_in(page.content.decode())
    assert "no-store" in page["Cache-Control"]
    later = client.get(KEYS).content.decode() + client.get(f"{KEYS}new/").content.decode()
    assert secret not in later
    assert secret[:14] in later


def test_stored_row_does_not_hold_the_key(cast: Cast) -> None:
    secret = create(cast.carol)
    (row,) = APIKey.objects.values()
    assert secret not in str(row)
    assert secret[len("oc_live_") + 6 :] not in str(row)


def test_no_log_holds_the_key(cast: Cast, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = create(cast.carol)
    key_access(secret)
    assert secret not in caplog.text


def test_lifetime_counts_from_now(cast: Cast) -> None:
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    with time_machine.travel(noon, tick=False):
        create(cast.carol, lifetime="30")
    assert APIKey.objects.get().expires_at == noon + timedelta(days=30)


def test_key_may_have_no_end(cast: Cast) -> None:
    create(cast.carol, lifetime="never")
    assert APIKey.objects.get().expires_at is None


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"name": ""}, "This field is required"),
        ({"name": "x" * 81}, "at most 80 characters"),
        ({"name": "a\u202eb"}, "visible symbols"),
        ({"scopes": []}, "Choose at least one scope"),
        ({"scopes": ["sync:everything"]}, "not one of the available choices"),
        ({"lifetime": ""}, "This field is required"),
        ({"lifetime": "99999"}, "not one of the available choices"),
        ({"lifetime": "-1"}, "not one of the available choices"),
    ],
)
def test_bad_input_is_answered_beside_the_field(cast: Cast, fields: dict[str, object], complaint: str) -> None:
    page = browser(cast.carol).post(f"{KEYS}new/", {**FORM, **fields})
    assert page.status_code == 422
    assert complaint in page.content.decode()
    assert not APIKey.objects.exists()


def test_what_was_typed_is_kept(cast: Cast) -> None:
    page = browser(cast.carol).post(f"{KEYS}new/", {"name": "my “laptop”", "scopes": [], "lifetime": "365"})
    assert page.context["form"]["name"].value() == "my “laptop”"
    assert 'value="my “laptop”"' in page.content.decode()
    assert '<option value="365" selected>' in page.content.decode()


def test_member_sees_own_keys_only(cast: Cast, make_key: MakeKey) -> None:
    make_key(cast.carol, name="carols laptop")
    make_key(cast.bob, name="bobs laptop")
    page = browser(cast.carol).get(KEYS).content.decode()
    assert "carols laptop" in page
    assert "bobs laptop" not in page


def test_admin_sees_everybodys_keys_and_whose_they_are(cast: Cast, make_key: MakeKey) -> None:
    make_key(cast.carol, name="carols laptop")
    make_key(cast.alice, name="release robot", is_service_key=True)
    page = browser(cast.bob).get(KEYS).content.decode()
    assert "carol@example.com" in page
    assert "The workspace" in page


def test_keys_of_another_workspace_are_never_listed(cast: Cast, make_key: MakeKey) -> None:
    make_key(cast.charlie, workspace=cast.gamma, name="charlies laptop")
    assert "charlies laptop" not in browser(cast.alice).get(KEYS).content.decode()


def test_member_cannot_make_a_service_key(cast: Cast) -> None:
    create(cast.carol, is_service_key="on")
    assert APIKey.objects.get().user == cast.carol


def test_admin_makes_a_service_key(cast: Cast) -> None:
    assert key_access(create(cast.bob, is_service_key="on")).user_id is None


def test_asking_to_revoke_names_the_key_and_changes_nothing(cast: Cast, make_key: MakeKey) -> None:
    key, secret = make_key(cast.carol, name="old laptop")
    page = browser(cast.carol).get(revoke_path(key)).content.decode()
    assert "Revoke old laptop" in page
    assert key.prefix in page
    key_access(secret)


def test_revoking_ends_the_key_and_says_so(
    cast: Cast, make_key: MakeKey, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    key, secret = make_key(cast.carol, name="old laptop")
    told = Ear(api_key_revoked)
    with django_capture_on_commit_callbacks(execute=True):
        page = browser(cast.carol).post(revoke_path(key), follow=True)
    assert f"The key old laptop ({key.prefix}…) is revoked." in page.content.decode()
    assert told.heard == [{"key_id": key.pk, "workspace_id": cast.alpha.pk}]
    with pytest.raises(CredentialsInvalid):
        key_access(secret)


def test_revoking_again_keeps_the_first_moment(cast: Cast, make_key: MakeKey) -> None:
    key, _ = make_key(cast.carol)
    client = browser(cast.carol)
    client.post(revoke_path(key))
    first = APIKey.objects.get().revoked_at
    client.post(revoke_path(key))
    assert APIKey.objects.get().revoked_at == first


def test_admin_revokes_a_members_key(cast: Cast, make_key: MakeKey) -> None:
    key, _ = make_key(cast.carol)
    browser(cast.bob).post(revoke_path(key))
    assert APIKey.objects.get().revoked_at is not None


def test_member_may_not_know_of_anothers_key(cast: Cast, make_key: MakeKey) -> None:
    key, secret = make_key(cast.bob)
    client = browser(cast.carol)
    assert client.get(revoke_path(key)).status_code == 404
    assert client.post(revoke_path(key)).status_code == 404
    key_access(secret)


def test_key_of_another_workspace_is_not_found_through_ones_own(cast: Cast, make_key: MakeKey) -> None:
    key, secret = make_key(cast.charlie, workspace=cast.gamma)
    assert browser(cast.alice).post(revoke_path(key)).status_code == 404
    key_access(secret)


@pytest.mark.parametrize("path", [KEYS + "new/", KEYS + "key_unknown/revoke/"])
def test_posts_without_the_csrf_token_are_refused(cast: Cast, path: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.alice)
    assert client.post(path, FORM).status_code == 403
    assert not APIKey.objects.exists()


def test_number_of_live_keys_is_limited(cast: Cast, make_key: MakeKey, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "LIVE_KEY_LIMIT", 1)
    make_key(cast.bob)
    page = browser(cast.carol).post(f"{KEYS}new/", FORM)
    assert page.status_code == 422
    assert "as many active keys as it can have" in page.content.decode()


def test_long_lists_are_paged_by_key(cast: Cast, make_key: MakeKey, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "PAGE_ROWS", 2)
    for number in range(3):
        make_key(cast.carol, name=f"key-number-{number}")
    client = browser(cast.carol)
    first = client.get(KEYS).content.decode()
    (older,) = re.findall(r"\?before=key_\w+", first)
    second = client.get(KEYS + older).content.decode()
    assert re.findall(r"key-number-\d", first)[0] == "key-number-2"
    assert "key-number-0" not in first
    assert "key-number-0" in second
    assert "key-number-1" not in second


def test_long_list_costs_as_many_queries_as_a_short_one(cast: Cast, make_key: MakeKey) -> None:
    client = browser(cast.bob)
    make_key(cast.carol)
    with CaptureQueriesContext(connection) as short:
        client.get(KEYS)
    for _ in range(20):
        make_key(cast.alice)
    with CaptureQueriesContext(connection) as long:
        client.get(KEYS)
    assert len(long) <= len(short) <= 11


def test_empty_list_says_what_to_do(cast: Cast) -> None:
    assert "No API keys" in browser(cast.carol).get(KEYS).content.decode()


def test_list_says_which_keys_are_alive(cast: Cast, make_key: MakeKey) -> None:
    make_key(cast.carol)
    make_key(cast.carol, expires_at=datetime(2020, 1, 1, tzinfo=UTC))
    service.api_key_revoke(key=make_key(cast.carol)[0], actor=THE_CONSOLE)
    states = re.findall(r"(Active|Expired|Revoked)</span>", browser(cast.carol).get(KEYS).content.decode())
    assert states == ["Revoked", "Expired", "Active"]

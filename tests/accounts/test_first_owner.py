"""The link for the first owner of a fresh instance."""

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier
from urllib.parse import urlsplit

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.errors import OwnerLinkInvalid
from accounts.models import OwnerLink, User
from accounts.services.first_owner import first_owner_create, owner_link_create
from opencode.server.logs import redact
from tests.cast import PASSWORD, Cast, browser
from workspaces.models import Membership, Role

pytestmark = pytest.mark.django_db

OWNER = {"email": "Olivia@Example.com", "password": PASSWORD}


def link_path() -> str:
    link = owner_link_create()
    assert link is not None
    return urlsplit(link).path


def token_of(path: str) -> str:
    return path.rsplit("/", 1)[-1]


def test_link_is_absolute() -> None:
    assert str(owner_link_create()).startswith(f"{django_settings.PUBLIC_URL}/accounts/first-owner/")


def test_link_makes_a_verified_superuser_who_owns_a_workspace_and_is_signed_in() -> None:
    client = browser()
    response = client.post(link_path(), OWNER)
    assert response["Location"] == reverse("home")
    owner = User.objects.get()
    assert (owner.email, owner.is_staff, owner.is_superuser) == ("olivia@example.com", True, True)
    assert EmailAddress.objects.get(user=owner).verified
    assert Membership.objects.get(user=owner).role == Role.OWNER
    assert client.get(reverse("home"))["Location"] == "/workspaces/olivia/"


def test_opening_the_link_spends_nothing() -> None:
    path = link_path()
    assert browser().get(path).status_code == 200
    assert browser().get(path).status_code == 200


def test_link_works_once() -> None:
    path = link_path()
    browser().post(path, OWNER)
    second = browser().post(path, {**OWNER, "email": "second@example.com"})
    assert second.status_code == 404
    assert User.objects.count() == 1


def test_next_start_ends_the_link_before() -> None:
    old, new = link_path(), link_path()
    assert browser().get(old).status_code == 404
    assert browser().get(new).status_code == 200


def test_link_ends_after_a_day() -> None:
    with time_machine.travel(datetime(2026, 1, 1, 12, tzinfo=UTC), tick=False):
        path = link_path()
    with time_machine.travel(datetime(2026, 1, 2, 11, 59, tzinfo=UTC), tick=False):
        assert browser().get(path).status_code == 200
    with time_machine.travel(datetime(2026, 1, 2, 12, 0, tzinfo=UTC), tick=False):
        assert browser().post(path, OWNER).status_code == 404
    assert not User.objects.exists()


def test_no_link_when_there_is_an_owner() -> None:
    User.objects.create_superuser("first@example.com", PASSWORD)
    assert owner_link_create() is None


def test_people_without_an_owner_can_still_get_one(cast: Cast) -> None:
    """As on a console where somebody signed up before its owner came."""
    assert browser().post(link_path(), OWNER).status_code == 302
    assert User.objects.get(is_superuser=True).email == "olivia@example.com"


def test_link_handed_out_before_makes_no_owner_once_there_is_one() -> None:
    path = link_path()
    User.objects.create_superuser("first@example.com", PASSWORD)
    assert browser().post(path, OWNER).status_code == 404


def test_spending_the_link_checks_for_an_owner_itself() -> None:
    token = token_of(link_path())
    User.objects.create_superuser("first@example.com", PASSWORD)
    with pytest.raises(OwnerLinkInvalid):
        first_owner_create(token=token, email="second@example.com", password=PASSWORD)


def test_spending_a_guess_makes_nobody() -> None:
    link_path()
    with pytest.raises(OwnerLinkInvalid):
        first_owner_create(token="guess", email="second@example.com", password=PASSWORD)
    assert not User.objects.exists()


def test_stranger_who_never_confirmed_does_not_lock_the_owner_out() -> None:
    User.objects.create_user("stranger@example.com", PASSWORD)
    assert owner_link_create() is not None


def test_link_survives_a_new_hash_key(settings: Settings) -> None:
    path = link_path()
    settings.OPENCODE_KEYRING = {**settings.OPENCODE_KEYRING, 9: b"n" * 32}
    assert browser().get(path).status_code == 200


def test_only_a_hash_of_the_link_is_stored() -> None:
    token = token_of(link_path())
    assert token not in str(OwnerLink.objects.values())


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"email": "no address"}, "Enter a valid email address"),
        ({"password": "short"}, "too short"),
        ({"password": ""}, "This field is required"),
        ({"password": "olivia@example.com"}, "too similar"),
    ],
)
def test_bad_input_is_answered_and_leaves_the_link(fields: dict[str, str], complaint: str) -> None:
    path = link_path()
    page = browser().post(path, {**OWNER, **fields})
    assert page.status_code == 422
    assert complaint in page.content.decode()
    assert {**OWNER, **fields}["email"] in page.content.decode()
    assert browser().post(path, OWNER).status_code == 302


def test_taken_address_is_answered_and_leaves_the_link() -> None:
    path = link_path()
    User.objects.create_user("olivia@example.com", PASSWORD)
    page = browser().post(path, OWNER)
    assert "already signed up with this e-mail address" in page.content.decode()
    assert browser().post(path, {**OWNER, "email": "other@example.com"}).status_code == 302


def test_guessed_link_is_not_found() -> None:
    link_path()
    assert browser().get("/accounts/first-owner/guess").status_code == 404


def test_post_without_the_csrf_token_is_refused() -> None:
    path = link_path()
    assert Client(enforce_csrf_checks=True).post(path, OWNER).status_code == 403
    assert not User.objects.exists()


def test_no_log_holds_the_link(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    path = link_path()
    browser().post(path, {**OWNER, "email": "bad"})
    browser().post(path, OWNER)
    browser().get(path)
    assert token_of(path) not in redact(caplog.text)


@pytest.mark.django_db(transaction=True)
def test_two_uses_at_once_make_one_owner() -> None:
    token = token_of(link_path())
    start = Barrier(2)

    def use(email: str) -> str:
        start.wait()
        try:
            return first_owner_create(token=token, email=email, password=PASSWORD).email
        except OwnerLinkInvalid:
            return "refused"
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(use, ["one@example.com", "two@example.com"]))
    assert answers.count("refused") == 1
    assert User.objects.count() == 1

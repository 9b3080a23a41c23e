"""Where a person is signed in, and signing browsers out from afar."""

from datetime import timedelta
from importlib import import_module

import pytest
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.middleware import SEEN_KEY
from accounts.models import User
from accounts.services.sessions import sessions_purge
from accounts.sessionstore import stored_key
from accounts.signals import session_ended
from opencode.lib.clock import utc_now
from tests.cast import BROWSER, PASSWORD, Cast, browser

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/accounts/sessions/"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile Safari/604.1"


def sign_in(user_agent: str, address: str = "192.0.2.7") -> Client:
    client = Client(headers={**BROWSER, "User-Agent": user_agent}, REMOTE_ADDR=address)
    client.post(reverse("account_login"), {"login": "alice@example.com", "password": PASSWORD})
    return client


def is_signed_in(client: Client) -> bool:
    return client.get(PAGE).status_code == 200


def id_of(client: Client) -> int:
    return UserSession.objects.get(session_key=stored_key(client.session.session_key or "")).pk


def test_page_says_with_what_from_where_and_since_when(cast: Cast) -> None:
    here, phone = browser(cast.alice), sign_in(PHONE)
    page = here.get(PAGE).content.decode()
    assert "Safari on iPhone" in page
    assert "192.0.2.7, last seen" in page
    assert page.index("this browser") < page.index("Safari on iPhone")
    assert is_signed_in(phone)


def test_ending_one_signs_that_browser_out(cast: Cast) -> None:
    here, phone = browser(cast.alice), sign_in(PHONE)
    here.post(f"{PAGE}{id_of(phone)}/end/")
    assert not is_signed_in(phone)
    assert is_signed_in(here)
    assert "iPhone" not in here.get(PAGE).content.decode()


def test_ending_the_others_keeps_this_one(cast: Cast) -> None:
    here, phone, laptop = browser(cast.alice), sign_in(PHONE), sign_in("Firefox on Linux")
    here.post(f"{PAGE}end-others/")
    assert [is_signed_in(client) for client in (here, phone, laptop)] == [True, False, False]


def test_nobody_ends_what_belongs_to_another(cast: Cast) -> None:
    here = browser(cast.alice)
    assert browser(cast.charlie).post(f"{PAGE}{id_of(here)}/end/").status_code == 404
    assert is_signed_in(here)


def test_new_password_signs_out_everywhere_else(cast: Cast) -> None:
    here, phone = browser(cast.alice), sign_in(PHONE)
    here.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    new = "another long pass phrase"
    form = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert here.post(reverse("account_change_password"), form).status_code == 302
    assert [is_signed_in(client) for client in (here, phone)] == [True, False]
    assert UserSession.objects.filter(user=cast.alice).count() == 1


def test_signing_out_takes_the_browser_off_the_list(cast: Cast) -> None:
    phone = sign_in(PHONE)
    phone.post(reverse("account_logout"))
    assert not UserSession.objects.exists()


def test_every_end_is_a_fact(cast: Cast) -> None:
    heard: list[int] = []

    def hear(session_id: int, **_fact: object) -> None:
        heard.append(session_id)

    session_ended.connect(hear)
    here, phone, laptop = browser(cast.alice), sign_in(PHONE), sign_in("Firefox on Linux")
    ids = [id_of(client) for client in (phone, laptop, here)]
    here.post(f"{PAGE}{ids[0]}/end/")
    here.post(f"{PAGE}end-others/")
    here.post(reverse("account_logout"))
    session_ended.disconnect(hear)
    assert heard == ids


def test_use_is_noted_once_a_minute(cast: Cast) -> None:
    phone = sign_in(PHONE)
    cache.clear()
    long_ago = utc_now() - timedelta(days=1)
    UserSession.objects.update(last_seen_at=long_ago)
    phone.get(PAGE, REMOTE_ADDR="192.0.2.8")
    noted = UserSession.objects.get()
    assert (noted.ip, noted.last_seen_at > long_ago) == ("192.0.2.8", True)
    phone.get(PAGE, REMOTE_ADDR="192.0.2.9")
    assert UserSession.objects.get().ip == "192.0.2.8"


def test_session_from_before_the_list_gets_onto_it(cast: Cast) -> None:
    phone = sign_in(PHONE)
    UserSession.objects.all().delete()
    cache.delete(f"{SEEN_KEY}{stored_key(phone.session.session_key or '')}")
    assert "Safari on iPhone" in phone.get(PAGE).content.decode()


def test_sessions_past_their_end_are_forgotten(cast: Cast) -> None:
    here, phone = browser(cast.alice), sign_in(PHONE)
    key = stored_key(phone.session.session_key or "")
    Session.objects.filter(session_key=key).update(expire_date=utc_now() - timedelta(seconds=1))
    assert "iPhone" not in here.get(PAGE).content.decode()
    assert sessions_purge() == 1
    assert list(UserSession.objects.values_list("pk", flat=True)) == [id_of(here)]


def test_name_that_would_pose_as_another_is_refused(cast: Cast) -> None:
    page = browser(cast.alice).post("/accounts/profile/", {"name": "Alice \u202e boB"})
    assert "visible symbols" in page.content.decode()
    cast.alice.refresh_from_db()
    assert cast.alice.name == "Alice"


def test_name_is_changed_on_the_profile_page(cast: Cast) -> None:
    client = browser(cast.alice)
    client.post("/accounts/profile/", {"name": "  Alice   Liddell "})
    cast.alice.refresh_from_db()
    assert cast.alice.name == "Alice Liddell"
    assert "alice@example.com" in client.get("/accounts/profile/").content.decode()


def test_no_row_holds_what_a_cookie_holds(cast: Cast) -> None:
    """However the session came to be: by the form, by a new password, by being noted."""
    phone = sign_in(PHONE)
    secret = phone.cookies["opencode_session"].value
    rows = [*Session.objects.values_list("session_key", flat=True)]
    rows += UserSession.objects.values_list("session_key", flat=True)
    assert len(rows) == 2
    assert set(rows) == {stored_key(secret)}
    copied = Client(headers=BROWSER)
    copied.cookies["opencode_session"] = rows[0]
    assert not is_signed_in(copied)
    assert is_signed_in(phone)


def test_sessions_from_before_are_hashed_and_go_on(cast: Cast) -> None:
    phone = sign_in(PHONE)
    secret = phone.cookies["opencode_session"].value
    for model in (Session, UserSession):
        model.objects.update(session_key=secret)  # type: ignore[attr-defined]
    assert not is_signed_in(phone)
    phone.cookies["opencode_session"] = secret
    migration = import_module("accounts.migrations.0010_hash_browser_sessions")
    for _ in range(2):
        migration.hash_keys(apps, None)
    assert is_signed_in(phone)


def queries_of_sign_in(browsers: int) -> int:
    """Of one more, with so many that are signed in and as many that are gone."""
    alice = User.objects.get(email="alice@example.com")
    later = utc_now() + timedelta(days=1)
    Session.objects.bulk_create(Session(session_key=f"open{number}", expire_date=later) for number in range(browsers))
    UserSession.objects.bulk_create(
        UserSession(user=alice, session_key=f"{name}{number}", ip="192.0.2.1", user_agent=PHONE)
        for name in ("open", "gone")
        for number in range(browsers)
    )
    with CaptureQueriesContext(connection) as captured:
        assert is_signed_in(sign_in(PHONE))
    assert not UserSession.objects.filter(session_key__startswith="gone").exists()
    UserSession.objects.all().delete()
    Session.objects.all().delete()
    return len(captured)


def test_signing_in_costs_the_same_however_many_browsers_are(cast: Cast) -> None:
    assert queries_of_sign_in(30) == queries_of_sign_in(3)

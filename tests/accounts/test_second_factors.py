"""Authenticator apps and recovery codes."""

import time
from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
)
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.models import User
from opencode.lib.clock import utc_now
from tests.cast import PASSWORD, Cast, browser

pytestmark = pytest.mark.django_db(transaction=True)

SECOND_STEP = reverse("mfa_authenticate")
PERIOD = 30


def with_app(user: User) -> str:
    """The secret of the authenticator app the person has now."""
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    return secret


def shown(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // PERIOD))


def first_step() -> Client:
    client = browser()
    assert (
        client.post(reverse("account_login"), {"login": "alice@example.com", "password": PASSWORD})["Location"]
        == SECOND_STEP
    )
    return client


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_password_alone_signs_nobody_in(cast: Cast) -> None:
    secret = with_app(cast.alice)
    client = first_step()
    assert not is_signed_in(client)
    client.post(SECOND_STEP, {"code": "000000"})
    assert not is_signed_in(client)
    client.post(SECOND_STEP, {"code": shown(secret)})
    assert is_signed_in(client)


@pytest.mark.parametrize("seconds", [0, 29, 31, 59])
def test_code_works_once_however_long_it_is_right(cast: Cast, seconds: int) -> None:
    secret = with_app(cast.alice)
    begun = utc_now().replace(second=0, microsecond=0)
    with time_machine.travel(begun, tick=False):
        code = shown(secret)
        first = first_step()
        first.post(SECOND_STEP, {"code": code})
    with time_machine.travel(begun + timedelta(seconds=seconds), tick=False):
        second = first_step()
        second.post(SECOND_STEP, {"code": code})
    assert (is_signed_in(first), is_signed_in(second)) == (True, False)


def test_code_of_the_step_before_still_works(cast: Cast) -> None:
    secret = with_app(cast.alice)
    begun = utc_now().replace(second=0, microsecond=0)
    with time_machine.travel(begun, tick=False):
        code = shown(secret)
    with time_machine.travel(begun + timedelta(seconds=31), tick=False):
        client = first_step()
        client.post(SECOND_STEP, {"code": code})
    assert is_signed_in(client)


def test_guessing_codes_is_stopped_after_five(cast: Cast) -> None:
    secret = with_app(cast.alice)
    client = first_step()
    for _ in range(5):
        client.post(SECOND_STEP, {"code": "000000"})
    client.post(SECOND_STEP, {"code": shown(secret)})
    assert not is_signed_in(client)


def test_recovery_code_works_once(cast: Cast) -> None:
    with_app(cast.alice)
    code = RecoveryCodes.activate(cast.alice).get_unused_codes()[0]
    first, second = first_step(), first_step()
    first.post(SECOND_STEP, {"code": code})
    second.post(SECOND_STEP, {"code": code})
    assert (is_signed_in(first), is_signed_in(second)) == (True, False)


def test_secrets_are_sealed_in_the_database(cast: Cast) -> None:
    secret = with_app(cast.alice)
    codes = RecoveryCodes.activate(cast.alice).get_unused_codes()
    stored = str(list(Authenticator.objects.values()))
    assert secret not in stored
    assert [code for code in codes if code in stored] == []


def proven(user: User, secret: str) -> Client:
    client = browser(user)
    client.post(reverse("mfa_reauthenticate"), {"code": shown(secret)})
    return client


def test_recovery_codes_are_shown_once_and_new_ones_end_the_old(cast: Cast) -> None:
    client = proven(cast.alice, with_app(cast.alice))
    old = RecoveryCodes.activate(cast.alice).get_unused_codes()
    page = reverse("mfa_view_recovery_codes")
    assert old[0] in client.get(page).content.decode()
    assert old[0] not in client.get(page).content.decode()
    client.post(reverse("mfa_generate_recovery_codes"))
    assert old[0] not in client.get(page).content.decode()
    second = first_step()
    second.post(SECOND_STEP, {"code": old[0]})
    assert not is_signed_in(second)


def test_setting_up_and_removing_asks_who_it_is_and_is_told_by_mail(cast: Cast) -> None:
    client = browser(cast.alice)
    assert client.get(reverse("mfa_activate_totp"))["Location"].startswith(reverse("account_reauthenticate"))
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    secret = client.get(reverse("mfa_activate_totp")).context["form"].secret
    client.post(reverse("mfa_activate_totp"), {"code": shown(secret)})
    client.post(reverse("mfa_deactivate_totp"))
    assert not Authenticator.objects.filter(type="totp").exists()
    assert [message.subject for message in mail.outbox] == [
        "An authenticator app was added",
        "An authenticator app was removed",
    ]


def test_one_app_a_person_whatever_the_database_promises(cast: Cast) -> None:
    from accounts.receivers import second_of_its_kind_remove

    with_app(cast.alice)
    Authenticator.objects.filter(type="totp").update(type="webauthn")
    with_app(cast.alice)
    newest = Authenticator.objects.get(type="totp")
    second_of_its_kind_remove(authenticator=newest)
    assert Authenticator.objects.get(type="totp") == newest

"""A new password chosen by somebody who knows the old one, and what it does to their devices."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.accounts.test_password_reset import NEW_PASSWORD
from tests.cast import PASSWORD, Cast, browser
from tests.support.audit import audited
from tests.support.devices import SignedIn, device_of

pytestmark = pytest.mark.django_db(transaction=True)
CHANGE = "account_change_password"


def change(client: Client, **more: str) -> int:
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    form = {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD, **more}
    return client.post(reverse(CHANGE), form).status_code


def answer_to(held: SignedIn) -> int:
    return Client().get("/api/user", headers=held.bearer).status_code


def test_form_signs_devices_out_unless_told_otherwise(cast: Cast) -> None:
    client = browser(cast.alice)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    form = client.get(reverse(CHANGE)).context["form"]
    assert form["end_devices"].value() is True


def test_devices_are_signed_out_with_the_box_and_the_workspaces_read_so(cast: Cast) -> None:
    held, others = device_of(cast.alice), device_of(cast.bob)
    assert change(browser(cast.alice), end_devices="on") == 302
    assert [answer_to(held), answer_to(others)] == [401, 200]
    (entry,) = audited(cast.alpha, "device.revoke")
    assert (entry.actor_kind, entry.actor_id, entry.ip) == ("person", cast.alice.pk, "127.0.0.1")


def test_devices_stay_without_the_box(cast: Cast) -> None:
    held = device_of(cast.alice)
    assert change(browser(cast.alice)) == 302
    assert answer_to(held) == 200


def test_wrong_password_signs_nothing_out(cast: Cast) -> None:
    held = device_of(cast.alice)
    assert change(browser(cast.alice), oldpassword="wrong " + PASSWORD, end_devices="on") != 302
    assert answer_to(held) == 200

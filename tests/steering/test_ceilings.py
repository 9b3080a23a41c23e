"""A workspace's owners say how much may be decided from the console; raising it asks for a second factor."""

import json
import time

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from accounts.models import User
from steering.selectors.commands import ceiling_of
from tests.cast import Cast, browser
from workspaces.models import AuditEntry

pytestmark = pytest.mark.django_db
PATH = "/workspaces/alpha/steering/"


def confirmed(person: User) -> Client:
    Authenticator.objects.get_or_create(user=person, type="totp", defaults={"data": {}})
    client = browser(person)
    session = client.session
    session["account_authentication_methods"] = [{"method": "mfa", "type": "totp", "at": time.time()}]
    session["account_authentication_methods_user"] = str(person.pk)
    session.save()
    return client


def acts() -> list[tuple[str, str]]:
    rows = AuditEntry.objects.filter(action="steering.ceiling").order_by("seq")
    return [(json.loads(row.details)["from"], json.loads(row.details)["to"]) for row in rows]


def test_it_is_off_until_an_owner_with_a_second_factor_raises_it(cast: Cast) -> None:
    assert ceiling_of(cast.alpha.pk) == "off"
    without = browser(cast.alice).post(PATH, {"ceiling": "approve"}, follow=True)
    assert "Confirm your second factor" in without.content.decode()
    assert ceiling_of(cast.alpha.pk) == "off"
    confirmed(cast.alice).post(PATH, {"ceiling": "approve"})
    assert ceiling_of(cast.alpha.pk) == "approve"
    assert acts() == [("off", "approve")]


def test_lowering_it_asks_for_nothing(cast: Cast) -> None:
    confirmed(cast.alice).post(PATH, {"ceiling": "approve"})
    browser(cast.alice).post(PATH, {"ceiling": "off"})
    assert ceiling_of(cast.alpha.pk) == "off"
    assert acts() == [("off", "approve"), ("approve", "off")]


@pytest.mark.parametrize("name", ["bob", "carol"])
def test_nobody_but_owners_sets_it(cast: Cast, name: str) -> None:
    client = confirmed(getattr(cast, name))
    assert client.post(PATH, {"ceiling": "approve"}).status_code == 403
    assert ceiling_of(cast.alpha.pk) == "off"


def test_nothing_else_can_be_chosen(cast: Cast) -> None:
    assert confirmed(cast.alice).post(PATH, {"ceiling": "always"}).status_code == 422
    assert ceiling_of(cast.alpha.pk) == "off"

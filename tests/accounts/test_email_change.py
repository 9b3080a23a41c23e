"""Another e-mail address: one account an address, on every database."""

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.accounts.mailbox import link_in
from tests.cast import PASSWORD, Cast, browser
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db(transaction=True)


def proven(user: User) -> Client:
    """Signed in, and asked for the password again just now."""
    client = browser(user)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return client


def ask_for(client: Client, email: str) -> str:
    """Asks for the address; answers the path of the link that was mailed to it."""
    mail.outbox.clear()
    client.post(reverse("account_email"), {"action_add": "", "email": email})
    return link_in(mail.outbox[0], "/accounts/confirm-email/")


def test_address_changes_when_it_is_confirmed(cast: Cast) -> None:
    client = proven(cast.alice)
    path = ask_for(client, "Alice@Elsewhere.Example")
    cast.alice.refresh_from_db()
    assert cast.alice.email == "alice@example.com"
    client.post(path)
    cast.alice.refresh_from_db()
    assert cast.alice.email == "alice@elsewhere.example"
    assert list(EmailAddress.objects.filter(user=cast.alice).values_list("email", flat=True)) == [cast.alice.email]


def test_change_makes_no_second_first_workspace(cast: Cast) -> None:
    client = proven(cast.alice)
    client.post(ask_for(client, "alice@elsewhere.example"))
    assert Workspace.objects.filter(memberships__user=cast.alice).count() == 1


def test_of_two_people_who_want_one_address_the_second_is_refused(cast: Cast) -> None:
    alice, carol = proven(cast.alice), proven(cast.carol)
    path_of_alice = ask_for(alice, "team@example.com")
    EmailAddress.objects.create(user=cast.carol, email="team@example.com")
    alice.post(path_of_alice)
    User.objects.get(email="TEAM@example.com")
    address = EmailAddress.objects.get(user=cast.carol, email="team@example.com")
    page = carol.post(reverse("account_confirm_email", args=[_key_of(address)]), follow=True)
    cast.carol.refresh_from_db()
    assert page.status_code == 200
    assert cast.carol.email == "carol@example.com"
    assert not EmailAddress.objects.get(pk=address.pk).verified


def test_race_for_one_address_is_decided_by_the_account_table(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def seems_free(self: EmailAddress) -> bool:
        return True

    monkeypatch.setattr(EmailAddress, "can_set_verified", seems_free)
    address = EmailAddress.objects.create(user=cast.carol, email=cast.bob.email)
    EmailAddress.objects.filter(user=cast.bob).delete()
    page = proven(cast.carol).post(reverse("account_confirm_email", args=[_key_of(address)]))
    cast.carol.refresh_from_db()
    assert page.status_code == 302
    assert cast.carol.email == "carol@example.com"


def test_changing_the_address_asks_for_the_password_again(cast: Cast) -> None:
    client = browser(cast.alice)
    response = client.post(reverse("account_email"), {"action_add": "", "email": "new@example.com"})
    assert response["Location"].startswith(reverse("account_reauthenticate"))
    assert not EmailAddress.objects.filter(email="new@example.com").exists()


def _key_of(address: EmailAddress) -> str:
    from allauth.account.models import EmailConfirmationHMAC

    return str(EmailConfirmationHMAC(address).key)

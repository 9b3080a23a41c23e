"""Another e-mail address: both mailboxes agree, the old one may take it back, one account an address."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.errors import EmailTaken
from accounts.models import AccountDeletion, Device, EmailChange, User
from accounts.services.deletions import account_delete
from accounts.services.email_changes import email_change_agree, email_change_begin, email_change_undo
from opencode.lib.actor import PERSON, THE_CONSOLE, Actor
from opencode.lib.clock import utc_now
from opencode.lib.errors import NotFound
from opencode.server.logs import redact
from tests.accounts.mailbox import link_in
from tests.cast import PASSWORD, Cast, browser
from tests.support.devices import device_of
from workspaces.models import APIKey, Role, Workspace
from workspaces.services.api_keys import api_key_create
from workspaces.services.memberships import membership_add

pytestmark = pytest.mark.django_db(transaction=True)

NEW = "alice@elsewhere.example"
LINK = "/accounts/email-change/"


def proven(user: User) -> Client:
    """Signed in, and asked for the password again just now."""
    client = browser(user)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return client


def ask(client: Client, email: str = NEW) -> dict[str, str]:
    """Asks for the address; answers the paths of the links that were mailed, by mailbox."""
    mail.outbox.clear()
    client.post(reverse("account_email"), {"email": email})
    return mailed()


def mailed() -> dict[str, str]:
    return {message.to[0]: link_in(message, LINK) for message in mail.outbox if LINK in str(message.body)}


def change_by_both(user: User, email: str = NEW) -> str:
    """The change, done; answers the path of the link that takes it back."""
    links = ask(proven(user), email)
    mail.outbox.clear()
    browser().post(links[user.email])
    browser().post(links[email])
    return mailed()[user.email]


def close(user: User) -> AccountDeletion:
    return account_delete(actor=Actor(PERSON, user.pk))


def key_of(cast: Cast, user: User, **fields: bool) -> str:
    """The id of a new key in alpha."""
    scopes = ["sync:read"]
    return api_key_create(workspace=cast.alpha, created_by=user, name="k", scopes=scopes, actor=THE_CONSOLE, **fields)[
        0
    ].pk


def addresses_of(user: User) -> list[str]:
    user.refresh_from_db()
    return [user.email, *EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)]


@pytest.mark.parametrize("order", [("alice@example.com", NEW), (NEW, "alice@example.com")])
def test_address_changes_when_both_mailboxes_agree(cast: Cast, order: tuple[str, str]) -> None:
    links = ask(proven(cast.alice), "Alice@Elsewhere.Example")
    assert "One more confirmation needed" in browser().post(links[order[0]]).content.decode()
    assert addresses_of(cast.alice) == ["alice@example.com", "alice@example.com"]
    assert "Address changed" in browser().post(links[order[1]]).content.decode()
    assert addresses_of(cast.alice) == [NEW, NEW]


def test_opening_the_links_changes_nothing(cast: Cast) -> None:
    for path in ask(proven(cast.alice)).values():
        assert browser().get(path).status_code == 200
    assert not EmailChange.objects.exclude(approved_at=None, confirmed_at=None).exists()


def test_one_mailbox_twice_is_not_two(cast: Cast) -> None:
    links = ask(proven(cast.alice))
    browser().post(links[NEW])
    browser().post(links[NEW])
    assert addresses_of(cast.alice)[0] == "alice@example.com"


def test_old_mailbox_stops_it(cast: Cast) -> None:
    links = ask(proven(cast.alice))
    assert "Change cancelled" in browser().post(links["alice@example.com"], {"stop": ""}).content.decode()
    assert browser().post(links[NEW]).status_code == 404
    assert addresses_of(cast.alice)[0] == "alice@example.com"


def test_new_mailbox_cannot_stop_or_approve_for_the_old(cast: Cast) -> None:
    links = ask(proven(cast.alice))
    browser().post(links[NEW], {"stop": ""})
    change = EmailChange.objects.get()
    assert (change.approved_at, change.confirmed_at is None) == (None, False)


def test_person_drops_the_change(cast: Cast) -> None:
    client = proven(cast.alice)
    links = ask(client)
    assert NEW in client.get(reverse("account_email")).content.decode()
    client.post(reverse("account_email"), {"drop": ""})
    assert NEW not in client.get(reverse("account_email")).content.decode()
    assert browser().post(links[NEW]).status_code == 404


def test_asking_again_ends_the_links_before(cast: Cast) -> None:
    client = proven(cast.alice)
    old, new = ask(client), ask(client)
    assert [browser().get(path).status_code for path in old.values()] == [404, 404]
    assert [browser().get(path).status_code for path in new.values()] == [200, 200]


def test_links_work_for_three_days(cast: Cast) -> None:
    links = ask(proven(cast.alice))
    with time_machine.travel(utc_now().timestamp() + 3 * 86400 + 1):
        assert browser().get(links[NEW]).status_code == 404


def test_old_mailbox_takes_it_back_and_everybody_is_out(cast: Cast) -> None:
    thief = proven(cast.alice)
    device_of(cast.alice)
    undo = change_by_both(cast.alice)
    assert "Change undone" in browser().post(undo).content.decode()
    assert addresses_of(cast.alice) == ["alice@example.com", "alice@example.com"]
    assert not cast.alice.has_usable_password()
    assert thief.get(reverse("account_email")).status_code == 302
    assert not Device.objects.filter(user=cast.alice, revoked_at=None).exists()
    assert browser().post(undo).status_code == 404


def test_taking_back_works_for_seven_days(cast: Cast) -> None:
    undo = change_by_both(cast.alice)
    with time_machine.travel(utc_now().timestamp() + 7 * 86400 + 1):
        assert browser().post(undo).status_code == 404


def test_taking_back_stops_a_change_begun_since(cast: Cast) -> None:
    undo = change_by_both(cast.alice)
    cast.alice.refresh_from_db()
    links = ask(proven(cast.alice), "third@example.com")
    browser().post(undo)
    assert [browser().get(path).status_code for path in links.values()] == [404, 404]


def test_taking_back_takes_back_what_was_changed_since(cast: Cast) -> None:
    """A thief who goes on to a third address cannot undo the undoing from the second."""
    owners = change_by_both(cast.alice)
    cast.alice.refresh_from_db()
    thiefs = change_by_both(cast.alice, "third@example.com")
    browser().post(owners)
    assert browser().post(thiefs).status_code == 404
    assert addresses_of(cast.alice) == ["alice@example.com", "alice@example.com"]


def test_later_change_is_taken_back_alone_and_the_earlier_one_after_it(cast: Cast) -> None:
    first = change_by_both(cast.alice)
    cast.alice.refresh_from_db()
    browser().post(change_by_both(cast.alice, "third@example.com"))
    assert addresses_of(cast.alice)[0] == NEW
    browser().post(first)
    assert addresses_of(cast.alice)[0] == "alice@example.com"


@pytest.mark.parametrize("ended", [{"undone_at": utc_now()}, {"done_at": None}, {"expires_at": utc_now()}])
def test_taking_back_looks_again_under_the_lock(cast: Cast, ended: dict[str, object]) -> None:
    change_by_both(cast.alice)
    held = EmailChange.objects.get()
    EmailChange.objects.update(**ended)
    with pytest.raises(NotFound):
        email_change_undo(change=held, actor=Actor(PERSON, cast.alice.pk))
    assert addresses_of(cast.alice)[0] == NEW


def test_taking_back_opens_an_account_that_was_closed_since(cast: Cast) -> None:
    undo = change_by_both(cast.alice)
    membership_add(workspace=cast.alpha, user=cast.charlie, role=Role.OWNER, actor=THE_CONSOLE)
    close(cast.alice)
    mail.outbox.clear()
    assert browser().get(undo).status_code == 200
    browser().post(undo)
    assert addresses_of(cast.alice)[0] == "alice@example.com"
    assert cast.alice.is_active
    assert not AccountDeletion.objects.exists()
    assert [message.to for message in mail.outbox] == [["alice@example.com"]]


def test_taking_back_opens_no_account_of_a_suspended_person(cast: Cast) -> None:
    undo = change_by_both(cast.alice)
    membership_add(workspace=cast.alpha, user=cast.charlie, role=Role.OWNER, actor=THE_CONSOLE)
    close(cast.alice)
    User.objects.filter(pk=cast.alice.pk).update(suspended_at=utc_now())
    assert browser().post(undo).status_code == 404
    assert addresses_of(cast.alice)[0] == NEW


def test_nothing_set_up_before_the_taking_back_lets_anybody_in(cast: Cast) -> None:
    undo = change_by_both(cast.alice)
    Authenticator.objects.create(user=cast.alice, type=Authenticator.Type.TOTP, data={})
    Authenticator.objects.create(user=cast.alice, type=Authenticator.Type.WEBAUTHN, data={})
    SocialAccount.objects.create(user=cast.alice, provider="github", uid="1")
    browser().post(undo)
    assert not Authenticator.objects.exists()
    assert not SocialAccount.objects.exists()


def test_taking_back_ends_the_keys_whose_secrets_the_other_may_hold(cast: Cast) -> None:
    before = key_of(cast, cast.alice, is_service_key=True)
    bobs = key_of(cast, cast.bob)
    own = key_of(cast, cast.alice)
    undo = change_by_both(cast.alice)
    since = key_of(cast, cast.alice, is_service_key=True)
    browser().post(undo)
    live = set(APIKey.objects.filter(revoked_at=None).values_list("pk", flat=True))
    assert {before, bobs} == live & {before, bobs, own, since}


def test_address_that_somebody_took_meanwhile_is_not_taken_back(cast: Cast) -> None:
    undo = change_by_both(cast.alice)
    User.objects.create_user("alice@example.com", PASSWORD)
    assert "This address is already in use" in browser().post(undo).content.decode()
    assert addresses_of(cast.alice)[0] == NEW


def test_taken_address_is_told_to_its_owner_only(cast: Cast) -> None:
    client = proven(cast.alice)
    links = ask(client, cast.bob.email)
    to_bob = next(message for message in mail.outbox if message.to == [cast.bob.email])
    assert list(links) == ["alice@example.com"]
    assert "belongs to your account" in str(to_bob.body)
    page = client.get(reverse("account_email")).content.decode()
    assert "is waiting for" in page
    assert addresses_of(cast.bob)[0] == "bob@example.com"


def test_race_for_one_address_is_decided_by_the_account_table(cast: Cast) -> None:
    changes = [email_change_begin(user=user, new_email="team@example.com") for user in (cast.alice, cast.carol)]
    for change in changes:
        email_change_agree(change=change, by_old=True)
    start = Barrier(2)

    def confirm(change: EmailChange) -> bool:
        start.wait()
        try:
            return email_change_agree(change=change, by_old=False).done_at is not None
        except EmailTaken:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(confirm, changes)) == [False, True]
    assert User.objects.filter(email="team@example.com").count() == 1


def test_change_makes_no_second_first_workspace(cast: Cast) -> None:
    change_by_both(cast.alice)
    assert Workspace.objects.filter(memberships__user=cast.alice).count() == 1


def test_changing_the_address_asks_for_the_password_again(cast: Cast) -> None:
    client = browser(cast.alice)
    response = client.post(reverse("account_email"), {"email": NEW})
    assert response["Location"].startswith(reverse("account_reauthenticate"))
    assert not EmailChange.objects.exists()


def test_present_address_is_refused_beside_the_field(cast: Cast) -> None:
    page = proven(cast.alice).post(reverse("account_email"), {"email": "ALICE@example.com"})
    assert page.status_code == 422
    assert "sign in with this address already" in page.content.decode()


def test_only_hashes_of_the_links_are_stored_and_no_log_holds_one(cast: Cast) -> None:
    path = ask(proven(cast.alice))[NEW]
    token = path.removeprefix(LINK)
    assert token not in str(EmailChange.objects.values())
    assert token not in redact(f"Not Found: {path}")


def test_blocked_person_cannot_go_on(cast: Cast) -> None:
    links = ask(proven(cast.alice))
    User.objects.filter(pk=cast.alice.pk).update(is_active=False)
    assert browser().post(links[NEW]).status_code == 404

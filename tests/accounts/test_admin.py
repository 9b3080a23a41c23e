"""Support staff in Django's admin."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from accounts.models import OutgoingMail, User
from tests.cast import PASSWORD, Cast, browser

pytestmark = pytest.mark.django_db
PEOPLE = "/admin/accounts/user/"


@pytest.fixture
def superuser(cast: Cast) -> User:
    return User.objects.create_superuser("root@example.com", PASSWORD)


@pytest.fixture
def staff(cast: Cast) -> User:
    """Support staff who may change people."""
    user = User.objects.create_user("support@example.com", PASSWORD, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_user", "change_user"]))
    return user


def test_admin_is_not_for_people_who_are_not_staff(cast: Cast) -> None:
    assert browser(cast.alice).get(PEOPLE).status_code in {302, 403}


def test_admin_has_no_sign_in_page_of_its_own() -> None:
    response = browser().get("/admin/login/", {"next": "/admin/"})
    assert response["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("term", ["alice@example.com", "ALICE@Example", "Alice"])
def test_person_is_found_however_the_address_is_typed(superuser: User, term: str) -> None:
    page = browser(superuser).get(PEOPLE, {"q": term}).content.decode()
    assert "alice@example.com" in page
    assert "carol@example.com" not in page


def test_person_is_found_by_id(superuser: User, cast: Cast) -> None:
    assert "carol@example.com" in browser(superuser).get(PEOPLE, {"q": cast.carol.pk}).content.decode()


def test_password_hash_is_never_shown(superuser: User, cast: Cast) -> None:
    page = browser(superuser).get(f"{PEOPLE}{cast.alice.pk}/change/").content.decode()
    assert "alice@example.com" in page
    assert cast.alice.password not in page


@pytest.mark.parametrize("who", ["staff", "superuser"])
def test_nobody_ends_sign_in_without_a_reason(
    who: str, cast: Cast, superuser: User, staff: User, request: pytest.FixtureRequest
) -> None:
    form = {"name": "A", "emailaddress_set-TOTAL_FORMS": 0, "emailaddress_set-INITIAL_FORMS": 0}
    browser(request.getfixturevalue(who)).post(f"{PEOPLE}{cast.alice.pk}/change/", form)
    cast.alice.refresh_from_db()
    assert (cast.alice.name, cast.alice.is_active) == ("A", True)


def test_staff_cannot_make_themselves_superuser(staff: User) -> None:
    form = {"name": "", "is_active": "on", "is_staff": "on", "is_superuser": "on"}
    browser(staff).post(f"{PEOPLE}{staff.pk}/change/", form)
    staff.refresh_from_db()
    assert not staff.is_superuser


def test_staff_cannot_raise_anybody(staff: User, cast: Cast) -> None:
    form = {"name": "A", "is_active": "on", "is_staff": "on", "is_superuser": "on"}
    form |= {"emailaddress_set-TOTAL_FORMS": "0", "emailaddress_set-INITIAL_FORMS": "0"}
    browser(staff).post(f"{PEOPLE}{cast.alice.pk}/change/", form)
    cast.alice.refresh_from_db()
    assert (cast.alice.name, cast.alice.is_staff, cast.alice.is_superuser) == ("A", False, False)


def test_staff_cannot_block_a_superuser(staff: User, superuser: User) -> None:
    assert browser(staff).post(f"{PEOPLE}{superuser.pk}/change/", {"name": ""}).status_code == 403
    superuser.refresh_from_db()
    assert superuser.is_active


@pytest.mark.parametrize("path", ["add/", "{pk}/delete/"])
def test_nobody_adds_or_deletes_people_here(superuser: User, cast: Cast, path: str) -> None:
    assert browser(superuser).get(PEOPLE + path.format(pk=cast.alice.pk)).status_code == 403


def test_staff_see_why_a_mail_was_given_up_and_begin_again(superuser: User) -> None:
    given_up = OutgoingMail.objects.create(
        recipient="dave@example.com", subject="hello", state="failed", body="sealed text", last_error="550 nobody"
    )
    client = browser(superuser)
    page = client.get("/admin/accounts/outgoingmail/", {"q": "dave"}).content.decode()
    assert "550 nobody" in page
    assert "sealed text" not in client.get(f"/admin/accounts/outgoingmail/{given_up.pk}/change/").content.decode()
    client.post("/admin/accounts/outgoingmail/", {"action": "begin_again", "_selected_action": given_up.pk})
    given_up.refresh_from_db()
    assert (given_up.state, given_up.attempts) == ("waiting", 0)
    assert given_up.due_at is not None

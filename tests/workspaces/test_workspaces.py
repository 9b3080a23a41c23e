"""Making, naming and switching workspaces."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.urls import reverse

from accounts.models import User
from billing.models import BillingAccount
from opencode.lib.actor import THE_CONSOLE
from tests.cast import PASSWORD, Cast, browser
from workspaces import ports
from workspaces.errors import WorkspaceLimitReached
from workspaces.models import Membership, Role, Workspace
from workspaces.services import workspaces as service
from workspaces.services.memberships import membership_add
from workspaces.services.workspaces import first_workspace_create, workspace_create

pytestmark = pytest.mark.django_db


def test_new_workspace_has_an_owner_and_a_billing_account(cast: Cast) -> None:
    workspace = workspace_create(owner=cast.carol, name="Carol & Co", actor=THE_CONSOLE)
    assert workspace.slug == "carol-co"
    assert Membership.objects.get(workspace=workspace).role == Role.OWNER
    assert BillingAccount.objects.filter(workspace=workspace).count() == 1


def test_same_name_gets_another_slug(cast: Cast) -> None:
    slugs = [workspace_create(owner=cast.carol, name="Alpha", actor=THE_CONSOLE).slug for _ in range(3)]
    assert slugs == ["alpha-2", "alpha-3", "alpha-4"]


def test_slugs_never_run_out(cast: Cast) -> None:
    slugs = {workspace_create(owner=cast.carol, name="Alpha", actor=THE_CONSOLE).slug for _ in range(20)}
    assert len(slugs) == 20


def test_slug_taken_since_it_was_looked_up_is_passed_over(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def seems_free(base: str) -> set[str]:
        return set()

    monkeypatch.setattr(service, "_taken_slugs", seems_free)
    assert workspace_create(owner=cast.carol, name="Alpha", actor=THE_CONSOLE).slug == "alpha-2"


def test_slug_of_a_deleted_workspace_is_not_given_again(cast: Cast) -> None:
    Workspace.objects.filter(pk=cast.gamma.pk).update(deleted_at=cast.gamma.created_at)
    assert workspace_create(owner=cast.carol, name="gamma", actor=THE_CONSOLE).slug == "gamma-2"


def test_nothing_is_made_when_billing_fails(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(workspace_id: str) -> None:
        raise RuntimeError("no billing today")

    monkeypatch.setattr(service, "billing_account_open", broken)
    with pytest.raises(RuntimeError, match="no billing today"):
        workspace_create(owner=cast.carol, name="delta", actor=THE_CONSOLE)
    assert not Workspace.objects.filter(slug="delta").exists()


def test_opening_a_billing_account_twice_leaves_one(cast: Cast) -> None:
    ports.billing_account_open(cast.alpha.pk)
    assert BillingAccount.objects.filter(workspace=cast.alpha).count() == 1


def test_one_person_owns_a_limited_number(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "OWNED_LIMIT", 1)
    with pytest.raises(WorkspaceLimitReached):
        workspace_create(owner=cast.alice, name="one more", actor=THE_CONSOLE)
    page = browser(cast.alice).post(reverse("workspaces:create"), {"name": "one more"})
    assert page.status_code == 422
    assert WorkspaceLimitReached.default_message in page.content.decode()


def test_first_workspace_is_made_once(cast: Cast) -> None:
    first_workspace_create(cast.carol.pk)
    assert Membership.objects.filter(user=cast.carol).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_confirmations_at_once_make_one_first_workspace() -> None:
    user = User.objects.create_user("dave@example.com", PASSWORD)
    start = Barrier(2)

    def confirm(_number: int) -> None:
        start.wait()
        first_workspace_create(user.pk)
        connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(confirm, range(2)))
    assert Workspace.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_workspaces_of_one_name_at_once_get_two_slugs(cast: Cast) -> None:
    start = Barrier(2)

    def make(owner: User) -> str:
        start.wait()
        try:
            return workspace_create(owner=owner, name="delta", actor=THE_CONSOLE).slug
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        slugs = set(pool.map(make, [cast.carol, cast.charlie]))
    assert slugs == {"delta", "delta-2"}


def test_page_makes_a_workspace_and_switches_to_it(cast: Cast) -> None:
    client = browser(cast.carol)
    response = client.post(reverse("workspaces:create"), {"name": "  Delta   Team "})
    assert response["Location"] == reverse("home")
    assert client.get(reverse("home"))["Location"] == "/workspaces/delta-team/"
    assert Workspace.objects.get(slug="delta-team").name == "Delta Team"


@pytest.mark.parametrize("name", ["", "   ", "a" * 81, "evil\u202ename", "two\x07bells"])
def test_bad_name_is_answered_beside_the_field(cast: Cast, name: str) -> None:
    page = browser(cast.carol).post(reverse("workspaces:create"), {"name": name})
    assert page.status_code == 422
    assert "errorlist" in page.content.decode()
    assert Workspace.objects.count() == 2


def test_name_is_shown_as_text_not_as_markup(cast: Cast) -> None:
    workspace = workspace_create(owner=cast.carol, name="<script>alert(1)</script>", actor=THE_CONSOLE)
    page = browser(cast.carol).get(reverse("workspaces:settings", args=[workspace.slug])).content.decode()
    assert "<script>alert" not in page


def test_list_shows_a_person_their_workspaces_only(cast: Cast) -> None:
    membership_add(workspace=cast.gamma, user=cast.carol, role=Role.MEMBER, actor=THE_CONSOLE)
    workspace_create(owner=cast.alice, name="secret project", actor=THE_CONSOLE)
    page = browser(cast.carol).get(reverse("workspaces:list")).content.decode()
    assert "alpha" in page
    assert "gamma" in page
    assert "secret project" not in page


def test_home_returns_to_the_workspace_seen_last(cast: Cast) -> None:
    membership_add(workspace=cast.gamma, user=cast.carol, role=Role.MEMBER, actor=THE_CONSOLE)
    client = browser(cast.carol)
    assert client.get(reverse("home"))["Location"] == "/workspaces/alpha/"
    client.get("/workspaces/gamma/")
    assert client.get(reverse("home"))["Location"] == "/workspaces/gamma/"


def test_home_forgets_a_workspace_the_person_left(cast: Cast) -> None:
    membership = membership_add(workspace=cast.gamma, user=cast.carol, role=Role.MEMBER, actor=THE_CONSOLE)
    client = browser(cast.carol)
    client.get("/workspaces/gamma/")
    membership.delete()
    assert client.get(reverse("home"))["Location"] == "/workspaces/alpha/"


def test_person_without_a_workspace_is_led_to_make_one(cast: Cast) -> None:
    cast.membership(cast.carol).delete()
    client = browser(cast.carol)
    assert client.get(reverse("home"))["Location"] == reverse("workspaces:create")
    assert client.get(reverse("workspaces:create")).status_code == 200


def test_admin_renames_and_the_address_stays(cast: Cast) -> None:
    path = reverse("workspaces:settings", args=["alpha"])
    page = browser(cast.bob).post(path, {"name": "Alpha Team"}, follow=True)
    assert "The workspace is called Alpha Team now." in page.content.decode()
    cast.alpha.refresh_from_db()
    assert (cast.alpha.name, cast.alpha.slug) == ("Alpha Team", "alpha")


def test_member_cannot_rename(cast: Cast) -> None:
    path = reverse("workspaces:settings", args=["alpha"])
    client = browser(cast.carol)
    assert "<form" not in client.get(path).content.decode().split('id="name"')[1].split("</section>")[0]
    assert client.post(path, {"name": "Carolina"}).status_code == 403
    cast.alpha.refresh_from_db()
    assert cast.alpha.name == "alpha"

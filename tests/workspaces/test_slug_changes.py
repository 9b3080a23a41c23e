"""Another slug for a workspace: old links lead on, nobody else gets a former one, agents do not notice."""

import pytest
from django.urls import reverse

from opencode.lib.actor import THE_CONSOLE
from tests.cast import Cast, browser
from tests.workspaces.conftest import MakeToken
from workspaces.access import share_token_access
from workspaces.errors import SlugInvalid, SlugTaken
from workspaces.models import Role, SlugClaim, Workspace
from workspaces.services import slugs
from workspaces.services.memberships import membership_add
from workspaces.services.slugs import workspace_slug_set
from workspaces.services.workspaces import workspace_create

pytestmark = pytest.mark.django_db


def move(workspace: Workspace, slug: str) -> None:
    workspace_slug_set(workspace=workspace, slug=slug, actor=THE_CONSOLE)


def test_old_links_lead_members_to_the_same_page(cast: Cast) -> None:
    move(cast.alpha, "omega")
    answer = browser(cast.carol).get("/workspaces/alpha/keys/?before=key_1")
    assert (answer.status_code, answer["Location"]) == (308, "/workspaces/omega/keys/?before=key_1")
    assert answer["Cache-Control"] == "no-store"


def test_links_from_two_slugs_ago_lead_there_too(cast: Cast) -> None:
    move(cast.alpha, "omega")
    move(cast.alpha, "psi")
    assert browser(cast.carol).get("/workspaces/alpha/settings/")["Location"] == "/workspaces/psi/settings/"


def test_outsider_learns_nothing_from_an_old_link(cast: Cast) -> None:
    move(cast.alpha, "omega")
    answers = [browser(cast.charlie).get(f"/workspaces/{slug}/keys/").status_code for slug in ("alpha", "omega", "no")]
    assert answers == [404, 404, 404]


def test_old_link_of_a_deleted_workspace_leads_nowhere(cast: Cast) -> None:
    move(cast.alpha, "omega")
    Workspace.objects.filter(pk=cast.alpha.pk).update(deleted_at=cast.alpha.created_at)
    assert browser(cast.carol).get("/workspaces/alpha/keys/").status_code == 404


def test_page_that_is_not_there_under_the_new_slug_either_is_not_found(cast: Cast) -> None:
    move(cast.alpha, "omega")
    assert browser(cast.bob).get("/workspaces/omega/keys/key_0/revoke/").status_code == 404


def test_retired_slug_goes_to_no_other_workspace(cast: Cast) -> None:
    move(cast.alpha, "omega")
    assert workspace_create(owner=cast.charlie, name="alpha", actor=THE_CONSOLE).slug == "alpha-2"
    with pytest.raises(SlugTaken):
        move(cast.gamma, "alpha")
    assert Workspace.objects.get(pk=cast.gamma.pk).slug == "gamma"


def test_workspace_takes_its_own_slug_back(cast: Cast) -> None:
    move(cast.alpha, "omega")
    move(cast.alpha, "alpha")
    assert browser(cast.carol).get("/workspaces/omega/keys/")["Location"] == "/workspaces/alpha/keys/"


def test_slug_in_use_is_refused_even_without_a_claim(cast: Cast) -> None:
    SlugClaim.objects.all().delete()
    with pytest.raises(SlugTaken):
        move(cast.alpha, "gamma")
    assert not SlugClaim.objects.exists()


@pytest.mark.parametrize("slug", ["a", "Alpha", "a--b", "-a", "a b", "a" * 41, "settings", "new", ""])
def test_senseless_slug_is_refused(cast: Cast, slug: str) -> None:
    with pytest.raises(SlugInvalid):
        move(cast.alpha, slug)


def test_oldest_of_too_many_slugs_is_free_again(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slugs, "FORMER_SLUGS", 2)
    for slug in ("omega", "psi", "chi"):
        move(cast.alpha, slug)
    assert browser(cast.carol).get("/workspaces/alpha/keys/").status_code == 404
    assert browser(cast.carol).get("/workspaces/omega/keys/").status_code == 308


def test_agents_do_not_notice(cast: Cast, make_token: MakeToken) -> None:
    _, secret = make_token()
    move(cast.alpha, "omega")
    assert share_token_access(secret).workspace_id == cast.alpha.pk


def test_posted_form_arrives_at_the_new_address(cast: Cast) -> None:
    move(cast.alpha, "omega")
    answer = browser(cast.bob).post(reverse("workspaces:settings", args=["alpha"]), {"name": "Beta"}, follow=True)
    assert answer.redirect_chain[0] == ("/workspaces/omega/settings/", 308)
    assert Workspace.objects.get(slug="omega").name == "Beta"


def test_members_of_another_workspace_with_a_new_slug_keep_theirs(cast: Cast) -> None:
    membership_add(workspace=cast.gamma, user=cast.carol, role=Role.MEMBER, actor=THE_CONSOLE)
    move(cast.alpha, "omega")
    assert browser(cast.carol).get("/workspaces/gamma/keys/").status_code == 200

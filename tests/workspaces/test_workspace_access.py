"""The door for signed-in people."""

import pytest
from django.contrib.auth.models import AnonymousUser
from pytest_django import DjangoAssertNumQueries

from opencode.lib.clock import utc_now
from opencode.lib.errors import CredentialsMissing, Forbidden, NotFound
from tests.cast import Cast, browser
from workspaces.access import CURRENT_WORKSPACE, workspace_access

pytestmark = pytest.mark.django_db


def test_member_enters_in_one_read(cast: Cast, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1):
        access = workspace_access(cast.carol, "alpha")
        assert (access.workspace.name, access.role, access.user.email) == ("alpha", "member", "carol@example.com")


def test_role_decides(cast: Cast) -> None:
    assert workspace_access(cast.bob, "alpha", "token.manage").can("key.manage_all")
    with pytest.raises(Forbidden):
        workspace_access(cast.carol, "alpha", "token.manage")


def test_foreign_unknown_and_deleted_workspaces_read_the_same(cast: Cast) -> None:
    cast.gamma.deleted_at = utc_now()
    cast.gamma.save()
    refusals = set()
    for user, slug in ((cast.charlie, "alpha"), (cast.charlie, "nowhere"), (cast.charlie, "gamma")):
        with pytest.raises(NotFound) as refusal:
            workspace_access(user, slug)
        refusals.add((refusal.value.code, refusal.value.message))
    assert len(refusals) == 1


def test_slug_is_exact(cast: Cast) -> None:
    with pytest.raises(NotFound):
        workspace_access(cast.alice, "Alpha")


def test_stranger_is_asked_to_sign_in(cast: Cast) -> None:
    with pytest.raises(CredentialsMissing):
        workspace_access(AnonymousUser(), "alpha")


def test_blocked_person_is_a_stranger(cast: Cast) -> None:
    cast.alice.is_active = False
    with pytest.raises(CredentialsMissing):
        workspace_access(cast.alice, "alpha")


def test_mistyped_permission_is_a_mistake_in_the_code(cast: Cast) -> None:
    with pytest.raises(ValueError, match="no such permission"):
        workspace_access(cast.alice, "alpha", "everything")


def test_page_remembers_the_workspace(cast: Cast) -> None:
    client = browser(cast.carol)
    client.get("/workspaces/alpha/keys/")
    assert client.session[CURRENT_WORKSPACE] == "alpha"


def test_refused_page_remembers_nothing(cast: Cast) -> None:
    client = browser(cast.charlie)
    client.get("/workspaces/alpha/keys/")
    assert CURRENT_WORKSPACE not in client.session

"""What each role may do."""

import pytest

from workspaces.models import Role
from workspaces.roles import OFFERED_SCOPES, PERMISSIONS, SCOPES, is_allowed


@pytest.mark.parametrize(
    ("permission", "owner", "admin", "member"),
    [
        ("workspace.view", True, True, True),
        ("session.view", True, True, True),
        ("session.publish", True, True, True),
        ("session.share", True, True, True),
        ("session.delete", True, True, False),
        ("session.restore", True, True, False),
        ("key.view", True, True, True),
        ("key.create", True, True, True),
        ("key.manage_all", True, True, False),
        ("token.view", True, True, True),
        ("token.manage", True, True, False),
        ("member.manage", True, True, False),
        ("workspace.rename", True, True, False),
        ("workspace.delete", True, False, False),
        ("billing.manage", True, False, False),
        ("usage.view", True, True, True),
        ("usage.record", True, True, True),
        ("usage.view_all", True, True, False),
        ("budget.set", True, True, False),
    ],
)
def test_roles_grant_what_the_table_says(permission: str, owner: bool, admin: bool, member: bool) -> None:
    granted = {role: is_allowed(role, permission) for role in ("owner", "admin", "member")}
    assert granted == {"owner": owner, "admin": admin, "member": member}


def test_each_role_grants_all_that_the_one_below_grants() -> None:
    assert PERMISSIONS["member"] < PERMISSIONS["admin"] < PERMISSIONS["owner"]


def test_rules_know_exactly_the_roles_of_the_model() -> None:
    assert set(PERMISSIONS) == set(Role.values)


def test_unknown_role_grants_nothing() -> None:
    assert not is_allowed("superhero", "workspace.view")


def test_unknown_permission_is_a_mistake_in_the_code() -> None:
    with pytest.raises(ValueError, match="no such permission"):
        is_allowed("owner", "workspace.veiw")


def test_pages_offer_only_scopes_that_exist() -> None:
    assert set(OFFERED_SCOPES) <= set(SCOPES)

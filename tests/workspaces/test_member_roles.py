"""Roles, limits and owners: who may change whom, and that an owner remains."""

import json

import pytest

from opencode.lib.actor import PERSON, THE_CONSOLE, Actor
from opencode.lib.errors import NotFound
from tests.cast import Cast
from workspaces.errors import LastOwnerRemains, RoleTooHigh
from workspaces.models import AuditEntry, Membership, Role
from workspaces.services.memberships import (
    membership_add,
    membership_leave,
    membership_limit_set,
    membership_remove,
    membership_role_set,
    workspace_handover,
)

pytestmark = pytest.mark.django_db


def give(cast: Cast, membership: Membership, role: str, by_role: str = Role.OWNER) -> None:
    person = {Role.OWNER: cast.alice, Role.ADMIN: cast.bob, Role.MEMBER: cast.carol}[Role(by_role)]
    membership_role_set(membership=membership, role=role, actor=Actor(PERSON, person.pk), by_role=by_role)


def test_change_of_a_role_is_kept_and_recorded(cast: Cast) -> None:
    give(cast, cast.membership(cast.carol), Role.ADMIN, Role.ADMIN)
    assert cast.membership(cast.carol).role == Role.ADMIN
    entry = AuditEntry.objects.filter(workspace=cast.alpha).first()
    assert entry is not None
    assert (entry.action, entry.actor_id, entry.target_id) == ("member.role", cast.bob.pk, cast.carol.pk)
    assert json.loads(entry.details)["was"] == Role.MEMBER


@pytest.mark.parametrize(("who", "role"), [("carol", Role.OWNER), ("alice", Role.MEMBER), ("bob", Role.OWNER)])
def test_admins_neither_make_nor_change_owners(cast: Cast, who: str, role: str) -> None:
    membership = cast.membership(getattr(cast, who))
    with pytest.raises(RoleTooHigh):
        give(cast, membership, role, Role.ADMIN)
    assert cast.membership(getattr(cast, who)).role == membership.role


def test_members_change_nobody(cast: Cast) -> None:
    with pytest.raises(RoleTooHigh):
        give(cast, cast.membership(cast.carol), Role.ADMIN, Role.MEMBER)


def test_last_owner_cannot_step_down(cast: Cast) -> None:
    with pytest.raises(LastOwnerRemains):
        give(cast, cast.membership(cast.alice), Role.ADMIN)


def test_suspended_owner_does_not_count_as_one_who_remains(cast: Cast) -> None:
    give(cast, cast.membership(cast.bob), Role.OWNER)
    cast.bob.is_active = False
    cast.bob.save()
    with pytest.raises(LastOwnerRemains):
        membership_leave(membership=cast.membership(cast.alice), actor=THE_CONSOLE)


def test_admin_cannot_remove_an_owner(cast: Cast) -> None:
    give(cast, cast.membership(cast.carol), Role.OWNER)
    with pytest.raises(RoleTooHigh):
        membership_remove(membership=cast.membership(cast.carol), actor=THE_CONSOLE, by_role=Role.ADMIN)


def test_role_is_judged_as_it_is_now_not_as_it_was_read(cast: Cast) -> None:
    read_before = cast.membership(cast.carol)
    give(cast, cast.membership(cast.carol), Role.OWNER)
    with pytest.raises(RoleTooHigh):
        membership_remove(membership=read_before, actor=THE_CONSOLE, by_role=Role.ADMIN)


def test_handover_makes_the_giver_an_admin(cast: Cast) -> None:
    workspace_handover(giver=cast.membership(cast.alice), to=cast.membership(cast.carol), actor=THE_CONSOLE)
    assert [cast.membership(who).role for who in (cast.alice, cast.carol)] == [Role.ADMIN, Role.OWNER]


def test_handover_needs_a_member_who_can_sign_in(cast: Cast) -> None:
    cast.carol.is_active = False
    cast.carol.save()
    with pytest.raises(NotFound):
        workspace_handover(giver=cast.membership(cast.alice), to=cast.membership(cast.carol), actor=THE_CONSOLE)
    assert cast.membership(cast.alice).role == Role.OWNER


def test_handover_to_somebody_who_left_changes_nothing(cast: Cast) -> None:
    gone = cast.membership(cast.carol)
    membership_leave(membership=gone, actor=THE_CONSOLE)
    with pytest.raises(NotFound):
        workspace_handover(giver=cast.membership(cast.alice), to=gone, actor=THE_CONSOLE)
    assert cast.membership(cast.alice).role == Role.OWNER


def test_leaving_twice_is_leaving_once(cast: Cast) -> None:
    membership = cast.membership(cast.carol)
    membership_leave(membership=membership, actor=THE_CONSOLE)
    membership_leave(membership=membership, actor=THE_CONSOLE)
    assert AuditEntry.objects.filter(workspace=cast.alpha, action="member.leave").count() == 1


def test_monthly_limit_is_kept_and_taken_off(cast: Cast) -> None:
    membership_limit_set(membership=cast.membership(cast.carol), monthly_limit=500_000_000, actor=THE_CONSOLE)
    assert cast.membership(cast.carol).monthly_limit == 500_000_000
    membership_limit_set(membership=cast.membership(cast.carol), monthly_limit=None, actor=THE_CONSOLE)
    assert cast.membership(cast.carol).monthly_limit is None
    assert AuditEntry.objects.filter(workspace=cast.alpha, action="member.limit").count() == 2


def test_adding_somebody_twice_is_recorded_once(cast: Cast) -> None:
    for _ in range(2):
        membership_add(workspace=cast.gamma, user=cast.carol, role=Role.MEMBER, actor=THE_CONSOLE)
    assert AuditEntry.objects.filter(workspace=cast.gamma, action="member.add").count() == 1

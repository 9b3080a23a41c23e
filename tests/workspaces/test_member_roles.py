"""Roles, limits and owners: who may change whom, and that an owner remains."""

import json
from dataclasses import replace
from functools import partial

import pytest

from accounts.models import User
from opencode.lib.actor import DEVICE, KEY, STAFF, THE_CONSOLE, Actor
from opencode.lib.errors import NotFound
from tests.cast import Cast, acting
from workspaces.errors import LastOwnerRemains, RoleTooHigh
from workspaces.models import AuditEntry, Membership, Role
from workspaces.services.memberships import (
    membership_add,
    membership_change,
    membership_leave,
    membership_remove,
    workspace_handover,
)

pytestmark = pytest.mark.django_db


def give(cast: Cast, membership: Membership, role: str, by_role: str = Role.OWNER) -> None:
    person = {Role.OWNER: cast.alice, Role.ADMIN: cast.bob, Role.MEMBER: cast.carol}[Role(by_role)]
    membership_change(membership=membership, role=role, actor=acting(person))


def acts_on(cast: Cast, person: User) -> list[str]:
    """Changes of their role and limit in alpha's log, in order."""
    changes = ("member.role", "member.limit")
    rows = AuditEntry.objects.filter(workspace=cast.alpha, target_id=person.pk, action__in=changes)
    return list(rows.order_by("seq").values_list("action", flat=True))


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
        membership_remove(membership=cast.membership(cast.carol), actor=acting(cast.bob))


def test_role_is_judged_as_it_is_now_not_as_it_was_read(cast: Cast) -> None:
    read_before = cast.membership(cast.carol)
    give(cast, cast.membership(cast.carol), Role.OWNER)
    with pytest.raises(RoleTooHigh):
        membership_remove(membership=read_before, actor=acting(cast.bob))


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
    membership_change(membership=cast.membership(cast.carol), monthly_limit=500_000_000, actor=acting(cast.bob))
    assert cast.membership(cast.carol).monthly_limit == 500_000_000
    membership_change(membership=cast.membership(cast.carol), monthly_limit=None, actor=acting(cast.bob))
    assert cast.membership(cast.carol).monthly_limit is None
    assert AuditEntry.objects.filter(workspace=cast.alpha, action="member.limit").count() == 2


def test_role_and_limit_change_together_with_an_entry_each(cast: Cast) -> None:
    carol = cast.membership(cast.carol)
    membership_change(membership=carol, role=Role.ADMIN, monthly_limit=7, actor=acting(cast.alice))
    kept = cast.membership(cast.carol)
    assert (kept.role, kept.monthly_limit) == (carol.role, carol.monthly_limit) == (Role.ADMIN, 7)
    assert acts_on(cast, cast.carol) == ["member.role", "member.limit"]


def test_what_stays_as_it_is_makes_no_entry(cast: Cast) -> None:
    carol = cast.membership(cast.carol)
    membership_change(membership=carol, role=Role.MEMBER, monthly_limit=7, actor=acting(cast.alice))
    membership_change(membership=carol, role=Role.MEMBER, monthly_limit=7, actor=acting(cast.alice))
    membership_change(membership=carol, actor=acting(cast.alice))
    assert acts_on(cast, cast.carol) == ["member.limit"]


def test_refused_role_leaves_the_limit_alone(cast: Cast) -> None:
    with pytest.raises(LastOwnerRemains):
        membership_change(
            membership=cast.membership(cast.alice), role=Role.ADMIN, monthly_limit=7, actor=acting(cast.alice)
        )
    kept = cast.membership(cast.alice)
    assert (kept.role, kept.monthly_limit, acts_on(cast, cast.alice)) == (Role.OWNER, None, [])


@pytest.mark.parametrize("who", ["alice", "bob"])
def test_somebody_who_was_lowered_while_they_waited_limits_nobody(cast: Cast, who: str) -> None:
    give(cast, cast.membership(cast.bob), Role.MEMBER)
    with pytest.raises(RoleTooHigh):
        membership_change(membership=cast.membership(getattr(cast, who)), monthly_limit=7, actor=acting(cast.bob))
    assert cast.membership(getattr(cast, who)).monthly_limit is None


@pytest.mark.parametrize(
    "actor", [Actor(STAFF, "usr_1"), Actor(KEY, "key_1"), Actor(DEVICE, "dev_1")], ids=lambda who: who.kind
)
def test_only_people_manage_members(cast: Cast, actor: Actor) -> None:
    as_alices = replace(actor, owner_id=cast.alice.pk)
    for act in (partial(membership_change, role=Role.ADMIN), partial(membership_change, monthly_limit=7)):
        with pytest.raises(RoleTooHigh):
            act(membership=cast.membership(cast.carol), actor=as_alices)
    with pytest.raises(RoleTooHigh):
        membership_remove(membership=cast.membership(cast.carol), actor=as_alices)


def test_adding_somebody_twice_is_recorded_once(cast: Cast) -> None:
    for _ in range(2):
        membership_add(workspace=cast.gamma, user=cast.carol, role=Role.MEMBER, actor=THE_CONSOLE)
    assert AuditEntry.objects.filter(workspace=cast.gamma, action="member.add").count() == 1

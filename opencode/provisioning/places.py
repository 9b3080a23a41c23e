"""Workspaces, who belongs to them in which role, and what they and their members may spend a month."""

from dataclasses import dataclass

from msgspec import UNSET

from accounts.models import User
from billing.models import BillingAccount
from billing.services.budgets import budget_set
from opencode.lib.actor import Actor
from opencode.provisioning.errors import ProvisionDiffers, at
from opencode.provisioning.fields import Member, Workspace
from opencode.provisioning.outcome import CHANGED, CREATED, Outcome
from opencode.provisioning.people import person_named
from opencode.provisioning.reading import unknown
from workspaces import models as rows
from workspaces.roles import OWNER
from workspaces.services.invitation_rules import require_seat
from workspaces.services.memberships import MembershipChanges, membership_add, membership_change
from workspaces.services.slugs import workspace_slug_set
from workspaces.services.workspaces import workspace_create, workspace_rename


@dataclass(frozen=True, slots=True)
class Place:
    """A declared workspace at its path in the file, its row, and what a run needs to act in it."""

    path: str
    declared: Workspace
    row: rows.Workspace
    actor: Actor
    outcome: Outcome

    def note(self, path: str, act: str, name: str) -> None:
        self.outcome.note(f"{self.path}{path}", act, f"{self.declared.slug}: {name}" if name else self.declared.slug)


def workspace_row(slug: str) -> rows.Workspace | None:
    """The workspace with this slug, or the one that had it before and may have it again."""
    found = rows.Workspace.objects.filter(slug=slug).first()
    return found or rows.Workspace.objects.filter(slug_claims__slug=slug).first()


def place_of(path: str, declared: Workspace, actor: Actor, outcome: Outcome) -> Place:
    """The workspace, made or renamed where that is needed."""
    with at(path):
        row = workspace_row(declared.slug)
        if row is None:
            row = workspace_create(owner=_owner(path, declared), name=declared.name, actor=actor, slug=declared.slug)
            outcome.note(path, CREATED, declared.slug)
        elif row.deleted_at is not None:
            raise ProvisionDiffers("This workspace is deleted; restore it, or declare it under another slug.")
        elif (row.slug, row.name) != (declared.slug, declared.name):
            workspace_slug_set(workspace=row, slug=declared.slug, actor=actor)
            workspace_rename(workspace=row, name=declared.name, actor=actor)
            outcome.note(path, CHANGED, declared.slug)
    return Place(path, declared, row, actor, outcome)


def members_apply(place: Place) -> None:
    """Owners first, so that a workspace that changes hands always has one."""
    numbered = list(enumerate(place.declared.members))
    for number, member in sorted(numbered, key=lambda each: each[1].role != OWNER):
        path = f".members[{number}]"
        user = person_named(f"{place.path}{path}.email", member.email)
        with at(place.path + path):
            _member_apply(place, path, member, user)


def _member_apply(place: Place, path: str, member: Member, user: User) -> None:
    membership = rows.Membership.objects.filter(workspace=place.row, user=user).first()
    is_new = membership is None
    if membership is None:
        require_seat(place.row)
        membership = membership_add(workspace=place.row, user=user, role=member.role, actor=place.actor)
    changes = MembershipChanges()
    if membership.role != member.role:
        changes["role"] = member.role
    if member.monthly_limit is not UNSET and membership.monthly_limit != member.monthly_limit:
        changes["monthly_limit"] = member.monthly_limit
    if changes:
        membership_change(membership=membership, actor=place.actor, **changes)
    if is_new or changes:
        place.note(path, CREATED if is_new else CHANGED, member.email)


def budget_apply(place: Place) -> None:
    limit = place.declared.monthly_budget
    if limit is not UNSET and budget_set(workspace_id=place.row.pk, monthly_limit=limit, actor=place.actor):
        place.note(".monthly_budget", CHANGED, "")


def places_lock(slugs: list[str]) -> None:
    """Lock the rows and accounts of those that exist, in the order in which everybody does.

    One transaction writes into all of them, each time up to the end of the audit log, which is the last of the order.
    """
    found = [row.pk for row in map(workspace_row, slugs) if row is not None]
    list(rows.Workspace.objects.select_for_update().filter(pk__in=found).order_by("pk"))
    list(BillingAccount.objects.select_for_update().filter(workspace_id__in=found).order_by("workspace_id"))


def _owner(path: str, declared: Workspace) -> User:
    owners = [number for number, member in enumerate(declared.members) if member.role == OWNER]
    if not owners:
        unknown(f"{path}.members", "A new workspace needs a member whose role is owner.")
    return person_named(f"{path}.members[{owners[0]}].email", declared.members[owners[0]].email)

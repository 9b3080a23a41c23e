"""What becomes of a person's workspaces when their account closes, reopens or goes: bound to ports of accounts."""

from datetime import datetime

from django.db.models import Q

from accounts.models import User
from accounts.ports import AccountHolds, NamedWorkspace, PersonAct
from opencode.lib.actor import THE_CONSOLE, Actor
from workspaces.models import APIKey, Invitation, Membership, Role, Workspace
from workspaces.ports import person_names_erase
from workspaces.selectors.workspaces import memberships_of
from workspaces.services.api_keys import api_key_revoke
from workspaces.services.audit import audit_record
from workspaces.services.deletions import workspace_delete, workspace_restore
from workspaces.services.memberships import membership_end


def account_holds(user_id: str) -> AccountHolds:
    """What prevents closing the account and what would be deleted with it; read without a lock, for a page."""
    needed, alone = [], []
    for membership in memberships_of(User(pk=user_id)):
        others = Membership.objects.filter(workspace_id=membership.workspace_id).exclude(pk=membership.pk)
        place = NamedWorkspace(membership.workspace.slug, membership.workspace.name)
        if not others.exists():
            alone.append(place)
        elif membership.role == Role.OWNER and not others.filter(role=Role.OWNER, user__is_active=True).exists():
            needed.append(place)
    return AccountHolds(tuple(needed), tuple(alone))


def account_close(actor: Actor) -> AccountHolds:
    """Locks the person's workspaces in the order of their ids, so that what it finds holds until the commit."""
    person_places_lock(actor.id)
    holds = account_holds(actor.id)
    if not holds.needed:
        slugs = [place.slug for place in holds.alone]
        for workspace in Workspace.objects.filter(slug__in=slugs).order_by("pk"):
            workspace_delete(workspace=workspace, actor=actor, with_person=actor.id)
    return holds


def person_places_lock(user_id: str) -> None:
    places = memberships_of(User(pk=user_id)).values_list("workspace_id", flat=True)
    list(Workspace.objects.select_for_update().filter(pk__in=list(places)).order_by("pk"))


def person_act_record(act: PersonAct) -> None:
    """One entry a workspace, in the order of their ids, as every lock on several of them is taken."""
    for membership in memberships_of(User(pk=act.user_id)):
        audit_record(workspace_id=membership.workspace_id, actor=act.actor, action=act.action, target_id=act.user_id)


def account_reopen(actor: Actor) -> None:
    for workspace in Workspace.objects.filter(deleted_with=actor.id, purging_at=None).order_by("pk"):
        workspace_restore(workspace=workspace, actor=actor)


def account_keys_revoke(user_id: str, since: datetime) -> None:
    """A thief of the account may hold the secrets; older service keys go on working, for programs of the team."""
    theirs = Q(user_id=user_id) | Q(user=None, created_by_id=user_id, created_at__gte=since)
    for key in APIKey.objects.filter(theirs, revoked_at=None).order_by("workspace_id", "pk"):
        api_key_revoke(key=key, actor=THE_CONSOLE)


def account_erase(user_id: str, addresses: frozenset[str]) -> None:
    """The audit logs keep the person's id and nothing else of them."""
    for membership in Membership.objects.filter(user_id=user_id).order_by("workspace_id"):
        membership_end(membership=membership, actor=THE_CONSOLE)
    Invitation.objects.filter(email__in=addresses).delete()
    person_names_erase(user_id)

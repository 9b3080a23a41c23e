"""What closing, reopening and forgetting an account means for the person's workspaces: bound to ports of accounts."""

from accounts.models import User
from accounts.ports import AccountAct, AccountHolds, Place
from workspaces.actors import PERSON, THE_CONSOLE, Actor
from workspaces.models import Invitation, Membership, Role, Workspace
from workspaces.selectors.workspaces import memberships_of
from workspaces.services.deletions import workspace_delete, workspace_restore
from workspaces.services.memberships import membership_end


def account_holds(user_id: str) -> AccountHolds:
    """Read without a lock, for the page that asks."""
    needed, alone = [], []
    for membership in memberships_of(User(pk=user_id)):
        others = Membership.objects.filter(workspace_id=membership.workspace_id).exclude(pk=membership.pk)
        place = Place(membership.workspace.slug, membership.workspace.name)
        if not others.exists():
            alone.append(place)
        elif membership.role == Role.OWNER and not others.filter(role=Role.OWNER, user__is_active=True).exists():
            needed.append(place)
    return AccountHolds(tuple(needed), tuple(alone))


def account_close(act: AccountAct) -> AccountHolds:
    """Locks the person's workspaces in the order of their ids, so that what it finds holds until the commit."""
    places = memberships_of(User(pk=act.user_id)).values_list("workspace_id", flat=True)
    list(Workspace.objects.select_for_update().filter(pk__in=list(places)).order_by("pk"))
    holds = account_holds(act.user_id)
    if not holds.needed:
        slugs = [place.slug for place in holds.alone]
        for workspace in Workspace.objects.filter(slug__in=slugs).order_by("pk"):
            workspace_delete(workspace=workspace, actor=_actor(act), with_person=act.user_id)
    return holds


def account_reopen(act: AccountAct) -> None:
    for workspace in Workspace.objects.filter(deleted_with=act.user_id, purging_at=None).order_by("pk"):
        workspace_restore(workspace=workspace, actor=_actor(act))


def account_forget(user_id: str, addresses: frozenset[str]) -> None:
    """The audit logs keep the person's id and nothing else of them."""
    for membership in Membership.objects.filter(user_id=user_id).order_by("workspace_id"):
        membership_end(membership=membership, actor=THE_CONSOLE)
    Invitation.objects.filter(email__in=addresses).delete()


def _actor(act: AccountAct) -> Actor:
    return Actor(PERSON, act.user_id, act.ip, act.request_id)

"""Who belongs to a workspace."""

from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Lower

from workspaces.models import Membership, Role, Workspace


def members(workspace: Workspace, *, search: str = "") -> QuerySet[Membership]:
    """The memberships with their people; with `search`, only those whose name or address contains it."""
    found = Membership.objects.filter(workspace=workspace).select_related("user")
    if not search:
        return found
    # Folded here, because text compares as bytes on the server stack, whatever the lookup's name says.
    term = Lower(Value(search))
    return found.annotate(folded=Lower("user__name")).filter(
        Q(folded__contains=term) | Q(user__email__contains=search.lower())
    )


def heirs(workspace: Workspace, *, besides: Membership) -> QuerySet[Membership]:
    """Members to whom the workspace can be handed over."""
    return members(workspace).filter(user__is_active=True).exclude(pk=besides.pk).order_by("pk")


def owners(workspace: Workspace) -> QuerySet[Membership]:
    """Those who can act as owners."""
    return members(workspace).filter(role=Role.OWNER, user__is_active=True).order_by("pk")


def admins(workspace: Workspace) -> QuerySet[Membership]:
    """Those who can act as owners or admins."""
    return members(workspace).filter(role__in=(Role.OWNER, Role.ADMIN), user__is_active=True).order_by("pk")

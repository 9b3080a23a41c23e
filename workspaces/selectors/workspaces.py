"""Which workspaces a person belongs to."""

from typing import Final

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from accounts.models import Device, User
from opencode.lib.paging import Keyset, by_id
from workspaces.models import Membership, Role, Workspace

MEMBERSHIPS: Final = Keyset(by_id("workspace_id"))
"""A person's memberships, by the age of their workspaces."""


def memberships_of(user: User) -> QuerySet[Membership]:
    """A person's memberships in workspaces that are not deleted, the oldest first, each with its workspace."""
    return (
        Membership.objects.filter(user_id=user.pk, workspace__deleted_at=None)
        .select_related("workspace")
        .order_by("workspace_id")
    )


def restorable_memberships_of(user: User) -> QuerySet[Membership]:
    """The person's memberships as owner of deleted workspaces that can be restored, the latest deletion first."""
    return (
        Membership.objects.filter(user_id=user.pk, role=Role.OWNER, workspace__deleted_at__isnull=False)
        .filter(workspace__purging_at=None)
        .select_related("workspace")
        .order_by("-workspace__deleted_at")
    )


def workspaces_of(user: User | AnonymousUser) -> list[Workspace]:
    """What the switcher lists, by name."""
    if not isinstance(user, User):
        return []
    found = [membership.workspace for membership in memberships_of(user)]
    return sorted(found, key=lambda workspace: workspace.name.lower())


def current_workspace(user: User, remembered_slug: str | None) -> Workspace | None:
    """The workspace a person looked at last, if it is still theirs, otherwise their oldest; None: they have none."""
    every = [membership.workspace for membership in memberships_of(user)]
    found = [workspace for workspace in every if workspace.is_open] or every
    return next((workspace for workspace in found if workspace.slug == remembered_slug), found[0] if found else None)


def orgs_of_device(device_id: str, user_id: str) -> list[Workspace]:
    """The person's workspaces by name, the one the device starts in before the others."""
    first = Device.objects.filter(pk=device_id).values_list("first_workspace_id", flat=True).first()
    found = [membership.workspace for membership in memberships_of(User(pk=user_id))]
    return sorted(found, key=lambda workspace: (workspace.pk != first, workspace.name.lower()))

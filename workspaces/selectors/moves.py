"""Finds a workspace by a slug it had before."""

from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from workspaces.models import Membership


def slug_now(user: User | AnonymousUser, former: str) -> str | None:
    """The present slug of the person's workspace that `former` led to; None when they have no such workspace."""
    if not isinstance(user, User):
        return None
    found = Membership.objects.filter(user=user, workspace__slug_claims__slug=former, workspace__deleted_at=None)
    return found.exclude(workspace__slug=former).values_list("workspace__slug", flat=True).first()

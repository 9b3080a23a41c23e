"""Where a workspace is now that had another slug."""

from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from workspaces.models import Membership


def slug_now(user: User | AnonymousUser, former: str) -> str | None:
    """The slug of the workspace, one of the person's own, that `former` led to; None: nobody may know of any."""
    if not isinstance(user, User):
        return None
    found = Membership.objects.filter(user=user, workspace__slug_claims__slug=former, workspace__deleted_at=None)
    return found.exclude(workspace__slug=former).values_list("workspace__slug", flat=True).first()

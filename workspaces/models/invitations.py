"""Who was asked to join a workspace."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from accounts.models import FoldedEmailField
from opencode.lib.clock import utc_now
from opencode.lib.ids import new_id
from workspaces.models.memberships import Role
from workspaces.models.workspaces import Workspace


def new_invitation_id() -> str:
    return new_id("inv")


class Invitation(models.Model):
    """An offer to join, for the person who proves that `email` is theirs; open until accepted, revoked or expired.

    The link in the mail carries a secret of which only the keyed hash is kept; sending again replaces it. Another
    secret, in `link_hash`, is that of a link the inviter may hand over: it proves nothing about the address.
    """

    id = models.CharField(primary_key=True, max_length=30, default=new_invitation_id, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="invitations", db_index=False)
    email = FoldedEmailField(db_index=True)
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.MEMBER)
    secret_hash = models.CharField(max_length=64, unique=True, editable=False)
    link_hash = models.CharField(max_length=64, unique=True, null=True, editable=False)
    hash_version = models.PositiveSmallIntegerField(editable=False)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=utc_now, editable=False)
    sent_at = models.DateTimeField(default=utc_now)
    sends = models.PositiveSmallIntegerField(default=1)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["workspace", "-id"], name="invitation_by_workspace"),
            models.Index(fields=["workspace", "sent_at"], name="invitation_by_sending"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} into {self.workspace_id} as {self.role}"

"""What you may touch: workspaces, who belongs to them, and the keys and tokens they hand out."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from opencode.lib.clock import utc_now
from opencode.lib.ids import new_id


def new_workspace_id() -> str:
    return new_id("wrk")


def new_membership_id() -> str:
    return new_id("mem")


def new_api_key_id() -> str:
    return new_id("key")


def new_share_token_id() -> str:
    return new_id("tok")


class Workspace(models.Model):
    """The tenant: sessions, keys and the balance belong to one."""

    id = models.CharField(primary_key=True, max_length=30, default=new_workspace_id, editable=False)
    name = models.CharField(max_length=80)
    slug = models.SlugField(max_length=60, unique=True)
    created_at = models.DateTimeField(default=utc_now, editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"


class Membership(models.Model):
    """A person's place in a workspace."""

    id = models.CharField(primary_key=True, max_length=30, default=new_membership_id, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.MEMBER)
    created_at = models.DateTimeField(default=utc_now, editable=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workspace", "user"], name="membership_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.workspace_id} as {self.role}"


class Credential(models.Model):
    """A secret handed out once: only its keyed hash, the hash key's version and its first characters are stored."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="%(class)ss")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=20, editable=False)
    secret_hash = models.CharField(max_length=64, unique=True, editable=False)
    hash_version = models.PositiveSmallIntegerField(editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", editable=False
    )
    created_at = models.DateTimeField(default=utc_now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    last_used_ip = models.GenericIPAddressField(null=True, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class APIKey(Credential):
    """Opens the API and the sockets within its scopes. Without a `user` it is a service key of the workspace."""

    id = models.CharField(primary_key=True, max_length=30, default=new_api_key_id, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="api_keys")
    scopes = models.JSONField(default=list)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        verbose_name = "API key"


class ShareToken(Credential):
    """Stands in an agent's `enterprise.url` path (`/w/<token>`); all it can do is share into the workspace."""

    id = models.CharField(primary_key=True, max_length=30, default=new_share_token_id, editable=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]

"""The secrets a workspace hands out."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from opencode.lib.clock import utc_now
from opencode.lib.ids import new_id
from workspaces.models.workspaces import Workspace


def new_api_key_id() -> str:
    return new_id("key")


def new_share_token_id() -> str:
    return new_id("tok")


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
    # How many days before its end the last mailed warning was for; 0: the end is in the audit log.
    end_told = models.PositiveSmallIntegerField(null=True, editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class APIKey(Credential):
    """Opens the API and the sockets within its scopes. Without a `user` it is a service key of the workspace."""

    id = models.CharField(primary_key=True, max_length=30, default=new_api_key_id, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="api_keys")
    scopes = models.JSONField(default=list)
    monthly_limit = models.BigIntegerField(null=True, blank=True, help_text="micro-cents")
    # The first key of a line of rotations; empty for a key that was never rotated.
    root_id = models.CharField(max_length=30, blank=True, default="", db_default="", editable=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        verbose_name = "API key"
        permissions: ClassVar = [("revoke_apikey", "Can revoke API keys")]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["expires_at"], name="key_by_end"),
            models.Index(fields=["root_id"], name="key_by_root"),
        ]


class ShareToken(Credential):
    """Part of an agent's `enterprise.url` path (`/w/<token>`); all it can do is share into the workspace."""

    id = models.CharField(primary_key=True, max_length=30, default=new_share_token_id, editable=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        permissions: ClassVar = [("revoke_sharetoken", "Can revoke share tokens")]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["expires_at"], name="token_by_end")]


class KeyUsage(models.Model):
    """How much a key was used on one day (UTC). Written by each process about once a minute, for all its keys."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    key_id = models.CharField(max_length=30)
    day = models.DateField()
    requests = models.BigIntegerField(default=0)
    publishes = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["key_id", "day"], name="key_usage_once_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.key_id} on {self.day}"

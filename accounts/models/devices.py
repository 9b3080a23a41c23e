"""Machines whose agent a person signed in: the request with its code, the device, its tokens."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from opencode.lib.clock import utc_now
from opencode.lib.ids import new_id


def new_device_id() -> str:
    return new_id("dev")


class DeviceLogin(models.Model):
    """An agent that waits for its person to approve it. Both codes are kept as keyed hashes.

    `agent` and `ip` are those of the program that asks: the person compares them with what they know.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        APPROVED = "approved"
        DENIED = "denied"

    device_code_hash = models.CharField(max_length=64, unique=True)
    user_code_hash = models.CharField(max_length=64, unique=True)
    hash_version = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    agent = models.CharField(max_length=80, blank=True)
    ip = models.GenericIPAddressField(null=True, blank=True)
    created_at = models.DateTimeField(default=utc_now, editable=False)
    expires_at = models.DateTimeField(db_index=True)
    # No longer written; a later release removes the column, when no process of an older one writes it.
    polled_at = models.DateTimeField(null=True, blank=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="+")
    name = models.CharField(max_length=80, blank=True)
    first_workspace_id = models.CharField(max_length=30, blank=True)

    def __str__(self) -> str:
        return f"{self.agent or 'an agent'} from {self.ip} ({self.state})"


class Device(models.Model):
    """One signed-in agent of a person. It may do what the person may, checked at each call.

    `first_workspace_id` is the workspace it starts in, an id without a foreign key: workspaces belong to another app,
    and a deleted one is simply not found.
    """

    id = models.CharField(primary_key=True, max_length=30, default=new_device_id, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="devices")
    name = models.CharField(max_length=80)
    agent = models.CharField(max_length=80, blank=True)
    first_workspace_id = models.CharField(max_length=30, blank=True)
    created_at = models.DateTimeField(default=utc_now, editable=False)
    created_ip = models.GenericIPAddressField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    last_used_ip = models.GenericIPAddressField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["user", "-id"], name="device_by_user")]
        permissions: ClassVar = [("revoke_device", "Can revoke devices")]

    def __str__(self) -> str:
        return self.name


class DeviceToken(models.Model):
    """An access token and the refresh token given with it, as keyed hashes.

    `used_at`: the first call with either. `replaced_at`: when the refresh token was first exchanged.
    """

    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="tokens")
    parent = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="children")
    access_hash = models.CharField(max_length=64, unique=True)
    refresh_hash = models.CharField(max_length=64, unique=True)
    hash_version = models.PositiveSmallIntegerField()
    created_at = models.DateTimeField(default=utc_now, editable=False)
    access_ends_at = models.DateTimeField()
    refresh_ends_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True, blank=True)
    replaced_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"tokens {self.pk} of {self.device_id}"

"""Keys with which the console calls providers."""

from typing import ClassVar

from django.db import models

from opencode.lib.clock import utc_now
from opencode.lib.ids import new_id


def new_credential_id() -> str:
    return new_id("crd")


class ProviderCredential(models.Model):
    """A workspace's own key, or the host's with an empty `workspace_id`, which serves every workspace.

    `secret` is sealed for this row alone. The row outlives no workspace, yet has no foreign key: calls of models read
    it beside the locks of billing.
    """

    class State(models.TextChoices):
        """What the last calls came to; a cooled one is passed over until `cooled_until`."""

        UNTESTED = "untested", "not tested"
        WORKING = "working", "working"
        REFUSED = "refused", "refused by the provider"
        FAILING = "failing", "not answering"

    id = models.CharField(primary_key=True, max_length=30, default=new_credential_id, editable=False)
    workspace_id = models.CharField(max_length=30, blank=True, help_text="empty: the host's, for every workspace")
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=80)
    secret = models.TextField(editable=False)
    last4 = models.CharField(max_length=4, blank=True, editable=False)
    base_url = models.CharField(max_length=500)
    forms = models.JSONField(default=list, help_text="the wire forms it is called in")
    headers = models.JSONField(default=dict, blank=True, help_text="further headers of each call")
    position = models.PositiveSmallIntegerField(default=0, help_text="the lowest is tried first")
    concurrency = models.PositiveSmallIntegerField(null=True, blank=True, help_text="calls at once; empty: no bound")
    off_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.UNTESTED)
    cooled_until = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=200, blank=True)
    last_error_at = models.DateTimeField(null=True, blank=True)
    tested_at = models.DateTimeField(null=True, blank=True)
    created_by_id = models.CharField(max_length=30, blank=True, editable=False)
    created_at = models.DateTimeField(default=utc_now, editable=False)
    rotated_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["workspace_id", "position", "id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["workspace_id", "position"], name="credential_by_workspace"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.kind}, …{self.last4})"

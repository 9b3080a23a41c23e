"""Price lists as loaded, never changed: every usage row names the version it was priced by."""

from typing import ClassVar

from django.db import models

from opencode.lib.clock import utc_now
from workspaces.models import AppendOnlyModel


class PriceVersion(AppendOnlyModel):
    """One whole list. The highest number of each layer is in force; models of a higher layer hide the lower ones'."""

    class Layer(models.TextChoices):
        """Layers of price lists, from the lowest to the highest."""

        IMPORTED = "imported", "imported"
        FILE = "file", "the operator's file"
        ADMIN = "admin", "set in the admin"

    layer = models.CharField(max_length=10, choices=Layer.choices)
    number = models.PositiveIntegerField(help_text="counts within its layer")
    source = models.CharField(max_length=190)
    made_on = models.DateField(help_text="when the list was made, as it says itself")
    licence = models.TextField(blank=True)
    fingerprint = models.CharField(max_length=64)
    models_count = models.PositiveIntegerField(default=0)
    loaded_at = models.DateTimeField(default=utc_now)
    loaded_by = models.CharField(max_length=64, blank=True, help_text="the staff's user id; empty for the console")
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["layer", "number"], name="price_version_number")]
        permissions: ClassVar = [("load_prices", "Can load prices")]

    def __str__(self) -> str:
        return f"{self.layer} {self.number}: {self.source}"


class PriceEntry(AppendOnlyModel):
    """A model's price in one context from one time on. `terms` is the JSON that was loaded, prices in micro-cents."""

    version = models.ForeignKey(PriceVersion, on_delete=models.PROTECT, related_name="entries", db_index=False)
    provider = models.CharField(max_length=60)
    model = models.CharField(max_length=190)
    context = models.CharField(max_length=160, blank=True)
    since = models.DateTimeField()
    names = models.JSONField(default=list)
    prefixes = models.JSONField(default=list)
    context_window = models.PositiveIntegerField(null=True)
    terms = models.JSONField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["version", "provider", "model", "context", "since"], name="price_entry_once_a_version"
            )
        ]
        verbose_name_plural = "price entries"

    def __str__(self) -> str:
        context = f" {self.context}" if self.context else ""
        return f"{self.provider}/{self.model}{context}"

"""The models there are, and which of them a workspace uses how."""

from typing import ClassVar

from django.db import models

from opencode.lib.clock import utc_now
from opencode.lib.ids import new_id


def new_model_id() -> str:
    return new_id("mdl")


class Model(models.Model):
    """A model by the name under which it is called: the host's with an empty `workspace_id`, or a workspace's own.

    `kind` says whose credentials serve it; with a `credential_id`, that one alone. A workspace's own hides the host's
    of the same slug. Limits are tokens.
    """

    class Source(models.TextChoices):
        """Who keeps the row up to date; an import leaves what staff or a workspace wrote alone."""

        IMPORTED = "imported", "imported"
        FILE = "file", "the operator's file"
        HAND = "hand", "written by hand"

    id = models.CharField(primary_key=True, max_length=30, default=new_model_id, editable=False)
    workspace_id = models.CharField(max_length=30, blank=True, help_text="empty: the host's, for every workspace")
    slug = models.CharField(max_length=100)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=20)
    credential_id = models.CharField(max_length=30, blank=True, help_text="empty: any credential of the kind")
    upstream_name = models.CharField(max_length=190, help_text="what the provider calls it")
    price_name = models.CharField(max_length=190, help_text="provider/model in the price lists")
    forms = models.JSONField(default=list, help_text="the wire forms it is called in; an agent takes the first")
    context_window = models.PositiveIntegerField(help_text="tokens")
    output_limit = models.PositiveIntegerField(help_text="tokens")
    modalities_in = models.JSONField(default=list)
    modalities_out = models.JSONField(default=list)
    reasoning = models.BooleanField(default=False)
    tool_call = models.BooleanField(default=True)
    temperature = models.BooleanField(default=True)
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.HAND)
    off_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=utc_now, editable=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["workspace_id", "slug"]
        permissions: ClassVar = [("switch_model", "Can offer and withdraw the host's models")]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workspace_id", "slug"], name="model_once_a_slug"),
        ]

    def __str__(self) -> str:
        return self.slug


class ModelPolicy(models.Model):
    """What a workspace decided about a model; without a row it is on for everybody who may call models."""

    workspace_id = models.CharField(max_length=30)
    model = models.ForeignKey(Model, on_delete=models.CASCADE, related_name="policies", db_constraint=False)
    is_on = models.BooleanField(default=True)
    roles = models.JSONField(default=list, help_text="only these roles; empty: all")
    keys = models.JSONField(default=list, help_text="of the API keys only these, by the first of their rotation")
    credentials = models.JSONField(default=list, help_text="only these, in this order; empty: all, in theirs")
    output_cap = models.PositiveIntegerField(null=True, blank=True, help_text="tokens a call")
    call_ceiling = models.BigIntegerField(null=True, blank=True, help_text="micro-cents a call")

    class Meta:
        verbose_name_plural = "model policies"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["workspace_id", "model"], name="policy_once_a_model"),
        ]

    def __str__(self) -> str:
        return f"{self.workspace_id}: {self.model_id}"


class ModelSettings(models.Model):
    """A workspace's choices for all its models. Slugs; empty: agents choose."""

    workspace_id = models.CharField(primary_key=True, max_length=30)
    default_model = models.CharField(max_length=100, blank=True)
    small_model = models.CharField(max_length=100, blank=True)
    is_exclusive = models.BooleanField(default=True, help_text="agents offer no models but these")
    lowers_cap = models.BooleanField(default=True, help_text="calls that do not fit are sent with less output")

    class Meta:
        verbose_name_plural = "model settings"

    def __str__(self) -> str:
        return self.workspace_id

"""Alerts that fired: each once, and each the memory of the mails and webhooks that are to be sent for it."""

from typing import ClassVar

from django.db import models

from billing.ledger.alerting import About
from billing.models.accounts import BillingAccount
from opencode.lib.clock import utc_now


class AlertFiring(models.Model):
    """Written with the operation that called for it. `due_at` says when it may be sent; None once that is settled.

    Fields up to `amount` are those of `billing.ledger.alerting.Firing` and its identity; `used` and `is_refused` were
    so when it fired. A limit that is changed has another amount, and fires anew.
    """

    class State(models.TextChoices):
        """Superseded by a higher percentage; dropped because the workspace was closed."""

        WAITING = "waiting"
        SENT = "sent"
        SUPERSEDED = "superseded"
        DROPPED = "dropped"

    account = models.ForeignKey(
        BillingAccount, on_delete=models.PROTECT, related_name="alerts", db_constraint=False, db_index=False
    )
    about = models.CharField(max_length=10, choices=[(each.value, each.value) for each in About])
    scope_id = models.CharField(max_length=30, blank=True)
    percent = models.PositiveSmallIntegerField()
    period = models.BigIntegerField()
    amount = models.BigIntegerField(help_text="the limit, or the balance after the last credit, in micro-cents")
    used = models.BigIntegerField()
    is_refused = models.BooleanField(default=False)
    at = models.DateTimeField(default=utc_now)
    due_at = models.DateTimeField(null=True, blank=True, db_index=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING, db_default=State.WAITING)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account", "period", "about", "scope_id", "percent", "amount"], name="alert_fires_once"
            )
        ]
        indexes: ClassVar = [models.Index(fields=["at"], name="alert_by_time")]

    def __str__(self) -> str:
        return f"{self.percent} % of {self.about} {self.scope_id}"

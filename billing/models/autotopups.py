"""Topping up by itself: what an account asked for, and each try to charge its card. Amounts are cents."""

from typing import ClassVar

from django.db import models

from billing.models.accounts import BillingAccount
from billing.models.payments import STRIPE_ID_CHARACTERS
from opencode.lib.clock import utc_now


class AutoTopUp(models.Model):
    """Below `threshold_cents` of balance the saved card is charged, once: whoever sees it first takes `is_armed` away.

    `epoch` counts these claims, `tries` the declined charges of the present one; at `due_at` the card is charged.
    While `paused_at` is set nothing is charged until a person does something about `paused_for`, or another card than
    `card_id`, which was tried last, is to be charged.
    """

    account = models.OneToOneField(
        BillingAccount, on_delete=models.PROTECT, related_name="auto_top_up", primary_key=True, db_constraint=False
    )
    is_on = models.BooleanField(default=False)
    is_armed = models.BooleanField(default=True)
    threshold_cents = models.BigIntegerField()
    amount_cents = models.BigIntegerField()
    ceiling_cents = models.BigIntegerField(null=True, blank=True, help_text="of credit in a calendar month (UTC)")
    epoch = models.PositiveIntegerField(default=0)
    tries = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    paused_for = models.CharField(max_length=100, blank=True)
    card_id = models.CharField(max_length=STRIPE_ID_CHARACTERS, blank=True, db_default="")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["due_at"], name="auto_top_up_by_due")]

    def __str__(self) -> str:
        return f"auto top-up of {self.account_id}"


class AutoTopUpAttempt(models.Model):
    """One try to charge the card. `open_for` is the account while its outcome is open: there is one at a time."""

    class Outcome(models.TextChoices):
        OPEN = "open", "open"
        PAID = "paid", "paid"
        DECLINED = "declined", "declined"

    account = models.ForeignKey(
        BillingAccount, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    epoch = models.PositiveIntegerField()
    number = models.PositiveIntegerField()
    top_up_id = models.BigIntegerField(unique=True)
    open_for = models.BigIntegerField(null=True, unique=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.OPEN)
    code = models.CharField(max_length=100, blank=True)
    at = models.DateTimeField(default=utc_now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "epoch", "number"], name="auto_top_up_attempt_once")
        ]

    def __str__(self) -> str:
        return f"try {self.number} of {self.account_id}"

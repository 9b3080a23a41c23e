"""What Stripe holds of an account besides its payments, as it was read last. Amounts are cents."""

from typing import ClassVar

from django.db import models

from billing.models.accounts import BillingAccount
from billing.models.payments import STRIPE_ID_CHARACTERS


class StripeCustomer(models.Model):
    """Who invoices are made out to, the card that is charged, and the subscription; a copy for pages and for the plan.

    `token` counts the readings of it: only the newest may write. At `due_at` it is to be read again. `status` is
    Stripe's word for the subscription, empty without one; `cents` is its price for each of its `seats`; at `ends_at` it
    was ended, or will be. `is_paused`: Stripe charges nothing for it. At `mirror_due_at` the mirror is to be written.
    """

    account = models.OneToOneField(
        BillingAccount, on_delete=models.PROTECT, related_name="stripe_customer", primary_key=True, db_constraint=False
    )
    token = models.BigIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True)
    mirror_due_at = models.DateTimeField(null=True, blank=True, db_index=True)
    read_at = models.DateTimeField(null=True, blank=True)
    name = models.CharField(max_length=300, blank=True)
    email = models.CharField(max_length=300, blank=True)
    country = models.CharField(max_length=2, blank=True)
    tax_id = models.CharField(max_length=100, blank=True)
    card = models.CharField(max_length=40, blank=True, help_text="such as visa 4242")
    card_id = models.CharField(max_length=STRIPE_ID_CHARACTERS, blank=True)
    subscription_id = models.CharField(max_length=STRIPE_ID_CHARACTERS, blank=True)
    item_id = models.CharField(max_length=STRIPE_ID_CHARACTERS, blank=True)
    status = models.CharField(max_length=20, blank=True)
    plan = models.CharField(max_length=20, blank=True)
    cents = models.BigIntegerField(default=0)
    seats = models.PositiveIntegerField(default=0)
    period_begins_at = models.DateTimeField(null=True, blank=True)
    period_ends_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    is_paused = models.BooleanField(default=False)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["due_at"], name="stripe_customer_by_due"),
            models.Index(fields=["status", "read_at"], name="stripe_customer_by_status"),
        ]

    def __str__(self) -> str:
        return f"customer of {self.account_id}"

"""Money that comes in through Stripe: top-ups, the calls made to Stripe, and the events it has sent. Amounts are cents.

Stripe's words are never the ledger: these rows say what was asked and what was read; entries say what was credited.
"""

from typing import ClassVar, Final

from django.db import models

from billing.models.accounts import BillingAccount
from opencode.lib.clock import utc_now

STRIPE_ID_CHARACTERS: Final = 190
CALL_KEY_CHARACTERS: Final = 100


class TopUp(models.Model):
    """One payment for credit. `token` counts the readings of it at Stripe: only the newest may write.

    `disputed_cents` is withdrawn less reinstated; `clawed_cents` was taken back of the credit, by `claws` entries.
    `due_at` says when it has to be read again although nothing points at it.
    """

    class Kind(models.TextChoices):
        """Paid on Stripe's page, or charged to the saved card."""

        CHECKOUT = "checkout", "checkout"
        AUTO = "auto", "auto"

    class State(models.TextChoices):
        """`refused` was paid, but not as it was asked: in another currency, or another amount."""

        CREATED = "created", "created"
        PENDING = "pending", "pending"
        PAID = "paid", "paid"
        REFUNDED = "refunded", "refunded"
        DISPUTED = "disputed", "disputed"
        FAILED = "failed", "failed"
        REFUSED = "refused", "refused"

    account = models.ForeignKey(
        BillingAccount, on_delete=models.PROTECT, related_name="top_ups", db_constraint=False, db_index=False
    )
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.CHECKOUT)
    state = models.CharField(max_length=10, choices=State.choices, default=State.CREATED)
    detail = models.CharField(max_length=100, blank=True, help_text="why it failed or was refused, a code")
    credit_cents = models.BigIntegerField()
    fee_cents = models.BigIntegerField()
    tax_cents = models.BigIntegerField(default=0)
    total_cents = models.BigIntegerField(default=0)
    refunded_cents = models.BigIntegerField(default=0)
    disputed_cents = models.BigIntegerField(default=0)
    clawed_cents = models.BigIntegerField(default=0)
    claws = models.PositiveIntegerField(default=0)
    person_id = models.CharField(max_length=30, blank=True, help_text="who began it; empty for the console")
    session_id = models.CharField(max_length=STRIPE_ID_CHARACTERS, null=True, unique=True)
    intent_id = models.CharField(max_length=STRIPE_ID_CHARACTERS, null=True, unique=True)
    invoice_id = models.CharField(max_length=STRIPE_ID_CHARACTERS, null=True, unique=True)
    charge_id = models.CharField(max_length=STRIPE_ID_CHARACTERS, blank=True)
    card = models.CharField(max_length=40, blank=True, help_text="such as visa 4242")
    receipt_url = models.CharField(max_length=500, blank=True)
    invoice_url = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=utc_now)
    paid_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    token = models.BigIntegerField(default=0)

    class Meta:
        permissions: ClassVar = [("refund_top_up", "Can refund top-ups, and read them again")]
        indexes: ClassVar = [
            models.Index(fields=["account", "id"], name="top_up_by_account"),
            models.Index(fields=["state", "read_at"], name="top_up_by_state"),
            models.Index(fields=["due_at"], name="top_up_by_due"),
        ]

    def __str__(self) -> str:
        return f"top-up {self.pk}"


class StripeCall(models.Model):
    """A call to Stripe that changes something there, written before it is made. `key` is its idempotency key.

    A call whose answer did not arrive is repeated under its key with the same parameters.
    """

    class Act(models.TextChoices):
        CUSTOMER = "customer", "customer"
        CHECKOUT = "checkout", "checkout"
        CHARGE = "charge", "charge"
        REFUND = "refund", "refund"
        SUBSCRIBE = "subscribe", "subscribe"
        CHANGE = "change", "change"

    class State(models.TextChoices):
        """`refused` was not done, for certain; `unknown` may have been done."""

        PLANNED = "planned", "planned"
        SENT = "sent", "sent"
        DONE = "done", "done"
        REFUSED = "refused", "refused"
        UNKNOWN = "unknown", "unknown"

    key = models.CharField(max_length=CALL_KEY_CHARACTERS, unique=True)
    account = models.ForeignKey(
        BillingAccount, on_delete=models.PROTECT, related_name="stripe_calls", db_constraint=False, db_index=False
    )
    top_up_id = models.BigIntegerField(null=True, blank=True)
    act = models.CharField(max_length=10, choices=Act.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PLANNED)
    parameters = models.JSONField()
    result_id = models.CharField(max_length=STRIPE_ID_CHARACTERS, blank=True)
    error = models.CharField(max_length=200, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=utc_now)
    sent_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["ended_at", "created_at"], name="stripe_call_by_end"),
            models.Index(fields=["top_up_id"], name="stripe_call_by_top_up"),
        ]

    def __str__(self) -> str:
        return self.key


class StripeEvent(models.Model):
    """The inbox: an event's body is a hint of what to read again, and nothing of it but ids is kept.

    `top_up_id` is what the object's metadata says, and may be anything. `customer_id` is whom it is about, if anybody.
    """

    event_id = models.CharField(max_length=STRIPE_ID_CHARACTERS, unique=True)
    type = models.CharField(max_length=100)
    object_id = models.CharField(max_length=STRIPE_ID_CHARACTERS, blank=True)
    intent_id = models.CharField(max_length=STRIPE_ID_CHARACTERS, blank=True)
    top_up_id = models.BigIntegerField(null=True, blank=True)
    customer_id = models.CharField(max_length=STRIPE_ID_CHARACTERS, blank=True, db_default="")
    made_at = models.DateTimeField(help_text="when it happened, by Stripe's clock")
    received_at = models.DateTimeField(default=utc_now)
    due_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    problem = models.CharField(max_length=200, blank=True)

    class Meta:
        permissions: ClassVar = [("replay_event", "Can process an event of Stripe again")]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], name="stripe_event_by_due"),
            models.Index(fields=["received_at"], name="stripe_event_by_received"),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} {self.type}"


class StripeCursor(models.Model):
    """Up to when the list of events was read, by Stripe's clock; one row."""

    read_until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.read_until:%Y-%m-%d %H:%M:%S}"

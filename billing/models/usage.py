"""Reservations for running requests, costs of requests, and other changes of a balance. Amounts are micro-cents."""

from typing import ClassVar, Final

from django.db import models
from django.db.models.functions import Now

from billing.ledger.facts import Payer, State
from billing.models.accounts import BillingAccount
from opencode.lib.clock import utc_now
from workspaces.models import AppendOnlyModel

REQUEST_ID_CHARACTERS: Final = 64


class Reservation(models.Model):
    """Open until it is settled, which deletes it, released or expired; ended ones stay a while to answer repeats."""

    account = models.ForeignKey(
        BillingAccount, on_delete=models.PROTECT, related_name="reservations", db_constraint=False, db_index=False
    )
    request_id = models.CharField(max_length=REQUEST_ID_CHARACTERS)
    fingerprint = models.CharField(max_length=64)
    state = models.CharField(
        max_length=10, choices=[(each.value, each.value) for each in State], default=State.OPEN.value
    )
    ceiling = models.BigIntegerField()
    month = models.PositiveIntegerField()
    member_id = models.CharField(max_length=30, blank=True, help_text="the person's id")
    key_id = models.CharField(max_length=30, blank=True, help_text="the id of the first key of its rotation")
    session_id = models.CharField(max_length=64, blank=True)
    model = models.CharField(max_length=190)
    price_version_id = models.BigIntegerField(null=True)
    may_host_pay = models.BooleanField(default=True)
    counts_own = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=utc_now)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    process_id = models.BigIntegerField(null=True, help_text="the process that made it, while it lives")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "request_id"], name="reservation_once_a_request")
        ]
        indexes: ClassVar = [
            models.Index(fields=["process_id", "state"], name="reservation_by_process"),
            models.Index(fields=["state", "expires_at"], name="reservation_by_end"),
            models.Index(fields=["ended_at"], name="reservation_by_ended"),
        ]

    def __str__(self) -> str:
        return f"{self.request_id} ({self.state})"


class Usage(AppendOnlyModel):
    """The cost of one model in a request; also a ledger entry when it changed the balance: `seq`, `balance_after`.

    `cost` = `charged` + `carried`, the latter paid by the host; `counted` is the part that counts to limits of `month`.
    """

    account = models.ForeignKey(
        BillingAccount, on_delete=models.PROTECT, related_name="usage", db_constraint=False, db_index=False
    )
    request_id = models.CharField(max_length=REQUEST_ID_CHARACTERS)
    model = models.CharField(max_length=190)
    fingerprint = models.CharField(max_length=64)
    month = models.PositiveIntegerField()
    day = models.DateField()
    member_id = models.CharField(max_length=30, blank=True)
    key_id = models.CharField(max_length=30, blank=True)
    session_id = models.CharField(max_length=64, blank=True)
    input = models.BigIntegerField(default=0)
    cache_read = models.BigIntegerField(default=0)
    cache_write_5m = models.BigIntegerField(default=0)
    cache_write_1h = models.BigIntegerField(default=0)
    output = models.BigIntegerField(default=0)
    reasoning = models.BigIntegerField(default=0)
    prompt = models.BigIntegerField(default=0, help_text="the largest prompt at once, which chooses the tier")
    units = models.JSONField(default=dict)
    context = models.CharField(max_length=160, blank=True)
    price_version_id = models.BigIntegerField(null=True)
    payer = models.CharField(max_length=4, choices=[(each.value, each.value) for each in Payer])
    cost = models.BigIntegerField()
    charged = models.BigIntegerField()
    carried = models.BigIntegerField()
    counted = models.BigIntegerField()
    is_estimated = models.BooleanField(default=False)
    quarantined = models.CharField(max_length=40, blank=True, help_text="why its body was not priced")
    was_expired = models.BooleanField(default=False)
    seq = models.BigIntegerField(null=True)
    balance_after = models.BigIntegerField(null=True)
    at = models.DateTimeField(default=utc_now, help_text="when the request was answered: its prices are of then")
    recorded_at = models.DateTimeField(default=utc_now, db_default=Now(), help_text="when it was posted")

    class Meta:
        verbose_name_plural = "usage"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "request_id", "model"], name="usage_once_a_request_and_model"),
            models.UniqueConstraint(fields=["account", "seq"], name="usage_by_seq"),
        ]
        indexes: ClassVar = [models.Index(fields=["account", "day"], name="usage_by_day")]

    def __str__(self) -> str:
        return f"{self.request_id}: {self.model}"


class LedgerEntry(AppendOnlyModel):
    """A change of a balance other than usage, once for each source such as `grant:…`; `seq` runs on with usage rows.

    A correction names its usage row, and has by how much that row's amounts change; `amount` is 0 when that was on own
    credentials. `price_version_id` is that of the new cost.
    """

    account = models.ForeignKey(
        BillingAccount, on_delete=models.PROTECT, related_name="entries", db_constraint=False, db_index=False
    )
    seq = models.BigIntegerField()
    source = models.CharField(max_length=100)
    amount = models.BigIntegerField()
    balance_after = models.BigIntegerField()
    reason = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(default=utc_now)
    usage_id = models.BigIntegerField(null=True)
    cost = models.BigIntegerField(default=0, db_default=0)
    charged = models.BigIntegerField(default=0, db_default=0)
    carried = models.BigIntegerField(default=0, db_default=0)
    counted = models.BigIntegerField(default=0, db_default=0)
    price_version_id = models.BigIntegerField(null=True)

    class Meta:
        verbose_name_plural = "ledger entries"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "seq"], name="ledger_entry_by_seq"),
            models.UniqueConstraint(fields=["account", "source"], name="ledger_entry_once_a_source"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["usage_id"], name="ledger_entry_by_usage"),
            models.Index(fields=["account", "at", "seq"], name="ledger_entry_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.source}: {self.amount}"

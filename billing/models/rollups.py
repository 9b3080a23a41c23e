"""Sums written in the same transaction as the rows they are sums of: pages read these and never scan usage."""

from typing import ClassVar

from django.db import models

from billing.models.accounts import BillingAccount


class UsageRollup(models.Model):
    """A day's usage (UTC, the day of the request) of one model by one key and member, from one source.

    `requests` and `quarantined` count usage rows. `cost` is charged + carried; `own_cost` is the part of it on the
    workspace's own credentials. Corrections are added to the day of their original.
    """

    class Source(models.TextChoices):
        """`reported` is what agents' sessions say they cost; it is never billed."""

        METERED = "metered", "metered"
        REPORTED = "reported", "reported"

    account = models.ForeignKey(
        BillingAccount, on_delete=models.PROTECT, related_name="rollups", db_constraint=False, db_index=False
    )
    day = models.DateField()
    model = models.CharField(max_length=190)
    key_id = models.CharField(max_length=30, blank=True, help_text="the id of the first key of its rotation")
    member_id = models.CharField(max_length=30, blank=True, help_text="the person's id")
    source = models.CharField(max_length=8, choices=Source.choices)
    requests = models.BigIntegerField(default=0)
    quarantined = models.BigIntegerField(default=0)
    input = models.BigIntegerField(default=0)
    cache_read = models.BigIntegerField(default=0)
    cache_write_5m = models.BigIntegerField(default=0)
    cache_write_1h = models.BigIntegerField(default=0)
    output = models.BigIntegerField(default=0)
    reasoning = models.BigIntegerField(default=0)
    cost = models.BigIntegerField(default=0)
    charged = models.BigIntegerField(default=0)
    carried = models.BigIntegerField(default=0)
    own_cost = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account", "day", "model", "key_id", "member_id", "source"], name="usage_rollup_once_a_day"
            )
        ]
        indexes: ClassVar = [models.Index(fields=["account", "source", "day"], name="usage_rollup_by_day")]

    def __str__(self) -> str:
        return f"{self.model} on {self.day}"


class StatementDay(models.Model):
    """The usage rows that moved the balance on one day (UTC, of posting): those from `first_seq` to `last_seq`.

    Entries other than usage may lie between them. `balance_after` is that of the last one.
    """

    account = models.ForeignKey(
        BillingAccount, on_delete=models.PROTECT, related_name="statement_days", db_constraint=False, db_index=False
    )
    day = models.DateField()
    requests = models.BigIntegerField(default=0)
    used = models.BigIntegerField(default=0)
    first_seq = models.BigIntegerField()
    last_seq = models.BigIntegerField()
    balance_after = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "day"], name="statement_day_once_an_account")
        ]

    def __str__(self) -> str:
        return f"{self.day}: {self.used}"


class QuarantinedRequest(models.Model):
    """A request whose usage could not be priced; nothing of it is charged until staff release it."""

    account = models.ForeignKey(
        BillingAccount, on_delete=models.PROTECT, related_name="quarantine", db_constraint=False, db_index=False
    )
    request_id = models.CharField(max_length=64)
    code = models.CharField(max_length=40)
    detail = models.CharField(max_length=190, blank=True)
    wire_format = models.CharField(max_length=40, blank=True)
    body = models.TextField(blank=True, help_text="JSON as it was sent; empty when it was too large to keep")
    at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.CharField(max_length=64, blank=True, help_text="the staff's user id; empty for the console")
    reason = models.CharField(max_length=200, blank=True)
    cost = models.BigIntegerField(null=True, help_text="what it was released at, in micro-cents")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "request_id"], name="quarantined_once_a_request")
        ]
        indexes: ClassVar = [models.Index(fields=["resolved_at", "at"], name="quarantined_by_time")]
        permissions: ClassVar = [("release_quarantined", "Can release quarantined usage")]

    def __str__(self) -> str:
        return f"{self.request_id}: {self.code}"

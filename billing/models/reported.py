"""What agents' synced messages say they cost. Amounts are micro-cents; nothing of it is ever billed."""

from typing import ClassVar

from django.db import models

from billing.models.accounts import BillingAccount


class ReportedMessage(models.Model):
    """One message's part in the reported rollups, so that its corrections can be computed and its copies found.

    `message` is a hash of the entry's key. A row outlives its session: what was reported was spent. `same_as` is equal
    for copies of one message; a copy counts nothing.
    """

    account = models.ForeignKey(
        BillingAccount, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    message = models.CharField(max_length=32)
    same_as = models.CharField(max_length=32, blank=True)
    day = models.DateField()
    member_id = models.CharField(max_length=30, blank=True)
    model = models.CharField(max_length=190, blank=True)
    cost = models.BigIntegerField(default=0)
    input = models.BigIntegerField(default=0)
    cache_read = models.BigIntegerField(default=0)
    cache_write_5m = models.BigIntegerField(default=0)
    output = models.BigIntegerField(default=0)
    reasoning = models.BigIntegerField(default=0)
    is_copy = models.BooleanField(default=False)
    refused = models.CharField(max_length=40, blank=True, help_text="why its cost was left out")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "message"], name="reported_message_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["account", "same_as"], name="reported_by_same")]

    def __str__(self) -> str:
        return self.message

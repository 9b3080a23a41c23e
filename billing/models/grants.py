"""Credit that was given for a period: what of it is not spent by then lapses."""

from typing import ClassVar

from django.db import models

from billing.models.accounts import BillingAccount


class PeriodicGrant(models.Model):
    """Spent before other credit; of several the one that ends first. Amounts are micro-cents.

    `left` was right when the account's balance was `mark_balance` after its entry `mark_seq`; what was spent since then
    is still to be taken from it. `lapsed` is what was taken back at the end.
    """

    account = models.ForeignKey(
        BillingAccount, on_delete=models.PROTECT, related_name="periodic_grants", db_constraint=False, db_index=False
    )
    source = models.CharField(max_length=100)
    amount = models.BigIntegerField()
    left = models.BigIntegerField()
    mark_seq = models.BigIntegerField()
    mark_balance = models.BigIntegerField()
    ends_at = models.DateTimeField()
    lapsed_at = models.DateTimeField(null=True, blank=True)
    lapsed = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "source"], name="periodic_grant_once_a_source")
        ]
        indexes: ClassVar = [models.Index(fields=["lapsed_at", "ends_at"], name="periodic_grant_by_end")]

    def __str__(self) -> str:
        return f"{self.source} until {self.ends_at:%Y-%m-%d}"

"""People who asked for their account to be deleted."""

from django.conf import settings
from django.db import models

from opencode.lib.clock import utc_now


class AccountDeletion(models.Model):
    """One row per person while their account is closed; restoring the account removes it.

    `secret_hash` is the hash of the secret in the mailed link that restores the account. Once `purging_at` is set, the
    time to restore is over; it says when the purge was last tried. After the purge the row remains, as a record that
    the person existed.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+")
    requested_at = models.DateTimeField(default=utc_now, db_index=True)
    secret_hash = models.CharField(max_length=64, unique=True)
    hash_version = models.PositiveSmallIntegerField()
    purging_at = models.DateTimeField(null=True, blank=True)
    purged_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.user_id} at {self.requested_at:%Y-%m-%d}"

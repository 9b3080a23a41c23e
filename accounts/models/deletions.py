"""People who asked to be forgotten."""

from django.conf import settings
from django.db import models

from opencode.lib.clock import utc_now


class AccountDeletion(models.Model):
    """One a person while their account is closed; taking the deletion back removes the row.

    `secret_hash` is of the link in the mail that takes it back. `purging_at` ends the time for that and says
    when the purge was last tried; the row stays after the purge as the record that there was somebody.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+")
    requested_at = models.DateTimeField(default=utc_now, db_index=True)
    secret_hash = models.CharField(max_length=64, unique=True)
    hash_version = models.PositiveSmallIntegerField()
    purging_at = models.DateTimeField(null=True, blank=True)
    purged_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.user_id} at {self.requested_at:%Y-%m-%d}"

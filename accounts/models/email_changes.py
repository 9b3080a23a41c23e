"""A change of the address a person signs in with: both mailboxes must agree, and the old one can undo it."""

from typing import ClassVar

from django.db import models

from accounts.models.users import User
from opencode.lib.clock import utc_now


class EmailChange(models.Model):
    """Links are kept as keyed hashes: `old_hash` approves or stops, `new_hash` confirms, `undo_hash` undoes.

    Open until both have agreed (`done_at`) or `expires_at` has passed; a person has one open change at most.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    old_email = models.EmailField()
    new_email = models.EmailField()
    old_hash = models.CharField(max_length=64, db_index=True)
    new_hash = models.CharField(max_length=64, db_index=True)
    undo_hash = models.CharField(max_length=64, blank=True, db_index=True)
    created_at = models.DateTimeField(default=utc_now, editable=False)
    expires_at = models.DateTimeField(db_index=True)
    approved_at = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]

    def __str__(self) -> str:
        return f"{self.old_email} to {self.new_email}"

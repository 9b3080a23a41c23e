"""The sign-in link by which an instance without people gets its first owner."""

from django.db import models


class OwnerLink(models.Model):
    """The one sign-in link for the first owner: a single row, replaced at every start of the server."""

    THE_ONE = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=THE_ONE, editable=False)
    secret_hash = models.CharField(max_length=64)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"until {self.expires_at:%Y-%m-%d %H:%M} UTC"

"""The rows of the full-text index over sessions, and when it was last rid of what was deleted."""

from django.db import models

from sync.models.sessions import Session


class SessionSearch(models.Model):
    """A workspace's session as the index has it; see `sync.search` for what `words` holds.

    On MySQL and MariaDB `words` has a full-text index. On SQLite triggers copy it into the virtual table
    `sync_sessionsearch_words`; a migration that makes this table anew has to make them anew as well.
    """

    session = models.OneToOneField(Session, on_delete=models.CASCADE, primary_key=True, related_name="+")
    # The state it was made from, and the version of the rules it was made by.
    epoch = models.CharField(max_length=16)
    seq = models.BigIntegerField()
    version = models.PositiveSmallIntegerField()
    words = models.TextField()

    def __str__(self) -> str:
        return f"{self.session_id}@{self.seq}"


class SearchCleaning(models.Model):
    """One row. Engines keep the words of deleted documents until they are asked to let go of them.

    All that was deleted before `cleaned_at` is gone from the index. `began_at` is set while that is under way;
    `rest_until` says when it may begin again.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    began_at = models.DateTimeField(null=True, blank=True)
    cleaned_at = models.DateTimeField(null=True, blank=True)
    rest_until = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"cleaned at {self.cleaned_at}"

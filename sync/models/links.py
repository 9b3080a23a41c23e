"""What workspaces decided about share links, and how often each link was opened."""

from typing import ClassVar, Final

from django.db import models

from sync.models.sessions import Share
from workspaces.models import Workspace

DEFAULT_LINK_DAYS: Final = 7


class SharePolicy(models.Model):
    """A workspace's rules for new links; without a row they are the defaults.

    Links that people make expire after `default_days` unless they choose otherwise, after `longest_days` at the latest
    (None: never). Without `allows_open_links` new links, those of agents too, open for members only.
    """

    workspace = models.OneToOneField(Workspace, on_delete=models.CASCADE, primary_key=True, related_name="+")
    allows_open_links = models.BooleanField(default=True)
    default_days = models.PositiveSmallIntegerField(default=DEFAULT_LINK_DAYS)
    longest_days = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "share policies"

    def __str__(self) -> str:
        return str(self.workspace_id)


class LinkDay(models.Model):
    """How often a link was opened on one day (UTC), and when last. Says nothing of who opened it."""

    share = models.ForeignKey(Share, on_delete=models.CASCADE, related_name="days", db_index=False)
    day = models.DateField(db_index=True)
    opened = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["share", "day"], name="link_once_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.share_id} {self.day}"

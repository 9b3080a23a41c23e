"""The slugs that workspaces have and had."""

from typing import ClassVar

from django.db import models

from opencode.lib.clock import utc_now
from workspaces.models.workspaces import Workspace


class SlugClaim(models.Model):
    """A slug that belongs to a workspace, its present one or a former one; the row is what keeps it from others.

    Former slugs redirect. A workspace made before there were claims has none until its slug changes.
    """

    slug = models.SlugField(primary_key=True, max_length=60)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="slug_claims")
    claimed_at = models.DateTimeField(default=utc_now, editable=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["-claimed_at"]

    def __str__(self) -> str:
        return self.slug

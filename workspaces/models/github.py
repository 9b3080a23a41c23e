"""Owners of GitHub repositories that workspaces follow, and the tokens that jobs of GitHub Actions asked for."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from opencode.lib.clock import utc_now
from workspaces.models.workspaces import Workspace


class GithubOwner(models.Model):
    """A user or an organisation of GitHub whose exchanges a workspace sees; one workspace at a time follows it."""

    owner_id = models.BigIntegerField(primary_key=True)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="github_owners")
    login = models.CharField(max_length=100)
    claimed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    claimed_at = models.DateTimeField(default=utc_now, editable=False)

    def __str__(self) -> str:
        return self.login


class GithubExchange(models.Model):
    """A job's signed token, taken once; `outcome` is empty until it is known, then `token` or a refusal's code.

    `digest` stands for the token's `jti`.
    """

    digest = models.CharField(max_length=64, unique=True)
    owner_id = models.BigIntegerField()
    repository_id = models.BigIntegerField()
    repository = models.CharField(max_length=201)
    actor = models.CharField(max_length=110)
    event = models.CharField(max_length=60)
    run_id = models.BigIntegerField(default=0)
    outcome = models.CharField(max_length=60, blank=True)
    at = models.DateTimeField(default=utc_now, db_index=True, editable=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["owner_id", "-id"], name="exchange_by_owner")]

    def __str__(self) -> str:
        return f"{self.repository} {self.event}"

"""Gives a job of GitHub Actions a token for its repository: each signed token is taken once, and every outcome kept."""

from datetime import datetime, timedelta
from typing import Final

import structlog
from django.db import IntegrityError, transaction

from opencode.lib.actor import THE_CONSOLE
from opencode.lib.errors import Denial, TooManyRequests
from opencode.lib.githubapp import GithubApp
from opencode.lib.ratelimits import rate_count
from workspaces.errors import (
    GithubEventUnsafe,
    GithubOwnerUnserved,
    GithubTokenUsed,
    GithubUnreachable,
    GithubWorkflowUnserved,
)
from workspaces.github.app import github_app
from workspaces.github.installations import job_token
from workspaces.github.jobs import Job, job_of
from workspaces.github.rules import is_owner_served, is_unsafe, is_workflow_served
from workspaces.models import GithubExchange, GithubOwner
from workspaces.services.audit import audit_record

log = structlog.get_logger(__name__)
GIVEN: Final = "token"
OWNER_REQUESTS: Final = 120
SECONDS: Final = 60
KEPT: Final = timedelta(days=30)


def token_exchange(signed: str) -> str:
    """The installation token for the job that the signed token tells of.

    Raises a Denial: GithubOff, GithubTokenInvalid, GithubTokenUsed, GithubOwnerUnserved, GithubEventUnsafe,
    GithubWorkflowUnserved, GithubNotInstalled, GithubActorMayNotWrite, TooManyRequests, GithubUnreachable. After the
    last two the same signed token may be sent again.
    """
    app = github_app()
    job = job_of(signed, app)
    if not is_owner_served(app.owners, job.repository_owner, job.repository_owner_id):
        raise GithubOwnerUnserved
    counted = rate_count("github-exchange", str(job.repository_owner_id), limit=OWNER_REQUESTS, seconds=SECONDS)
    if counted.is_exceeded:
        raise TooManyRequests(retry_after=counted.reset_seconds)
    exchange = _take(job)
    try:
        token = _given(app, job)
    except GithubUnreachable:
        exchange.delete()
        raise
    except Denial as refusal:
        _record(exchange, refusal.code)
        raise
    _record(exchange, GIVEN)
    return token


def exchanges_purge(*, now: datetime) -> int:
    """Forget exchanges after KEPT, long after their signed tokens have expired; returns how many."""
    return GithubExchange.objects.filter(at__lt=now - KEPT).delete()[0]


def _given(app: GithubApp, job: Job) -> str:
    if is_unsafe(job.event_name):
        raise GithubEventUnsafe
    if not is_workflow_served(app.workflows, job.job_workflow_ref):
        raise GithubWorkflowUnserved
    return job_token(app, job)


def _take(job: Job) -> GithubExchange:
    """Committed before GitHub is asked: of two that send one signed token at once, one goes on."""
    try:
        with transaction.atomic():
            return GithubExchange.objects.create(
                digest=job.digest,
                owner_id=job.repository_owner_id,
                repository_id=job.repository_id,
                repository=job.repository,
                actor=job.actor,
                event=job.event_name,
                run_id=job.run_id,
            )
    except IntegrityError as error:
        raise GithubTokenUsed from error


def _record(exchange: GithubExchange, outcome: str) -> None:
    """The outcome, and a line in the log of the workspace that follows the owner."""
    with transaction.atomic():
        GithubExchange.objects.filter(pk=exchange.pk).update(outcome=outcome)
        owner = GithubOwner.objects.filter(owner_id=exchange.owner_id).first()
        if owner is not None:
            details = {
                "repository": exchange.repository,
                "github_actor": exchange.actor,
                "event": exchange.event,
                "run": exchange.run_id,
                **({} if outcome == GIVEN else {"why": outcome}),
            }
            action = "github.token" if outcome == GIVEN else "github.refuse"
            audit_record(workspace_id=owner.workspace_id, actor=THE_CONSOLE, action=action, details=details)
    log.info("github_exchange", repository=exchange.repository, run=exchange.run_id, outcome=outcome)

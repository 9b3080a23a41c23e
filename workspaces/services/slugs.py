"""Claiming slugs: no two workspaces ever share one, former ones included."""

from typing import Final

from django.db import IntegrityError, transaction

from opencode.lib.actor import Actor
from workspaces.errors import SlugInvalid, SlugTaken
from workspaces.models import SlugClaim, Workspace
from workspaces.services.audit import audit_record
from workspaces.slugs import is_valid_slug

FORMER_SLUGS: Final = 20
"""How many former slugs of a workspace redirect; beyond that the oldest is free for others."""


def slug_claim(*, workspace: Workspace, slug: str) -> None:
    """Make `slug` the workspace's own, or raise SlugTaken; the primary key decides between callers at the same time."""
    claim, _ = SlugClaim.objects.get_or_create(slug=slug, defaults={"workspace": workspace})
    if claim.workspace_id != workspace.pk:
        raise SlugTaken


def slug_take(*, workspace: Workspace, slug: str) -> None:
    """Claim `slug` and give it to the workspace's row, in this order; all or nothing. Raises SlugTaken."""
    with transaction.atomic():
        slug_claim(workspace=workspace, slug=slug)
        _move(workspace, slug)
    workspace.slug = slug


def workspace_slug_set(*, workspace: Workspace, slug: str, actor: Actor) -> None:
    """Change the slug; pages under the last FORMER_SLUGS redirect, and no other workspace gets those.

    Agents are not affected: their URLs hold a token. Raises SlugInvalid, SlugTaken.
    """
    if not is_valid_slug(slug):
        raise SlugInvalid
    with transaction.atomic():
        row = Workspace.objects.select_for_update().get(pk=workspace.pk)
        if row.slug != slug:
            slug_claim(workspace=row, slug=row.slug)
            slug_take(workspace=row, slug=slug)
            _free_oldest(row, slug)
            audit_record(workspace_id=row.pk, actor=actor, action="workspace.rename", details={"field": "slug"})
    workspace.slug = slug


def _move(row: Workspace, slug: str) -> None:
    """A workspace from before there were claims may hold the slug without one."""
    try:
        with transaction.atomic():
            Workspace.objects.filter(pk=row.pk).update(slug=slug)
    except IntegrityError as error:
        raise SlugTaken from error


def _free_oldest(row: Workspace, slug: str) -> None:
    former = SlugClaim.objects.filter(workspace=row).exclude(slug=slug).order_by("-claimed_at")
    surplus = list(former.values_list("slug", flat=True)[FORMER_SLUGS:])
    SlugClaim.objects.filter(slug__in=surplus).delete()

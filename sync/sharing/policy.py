"""A workspace's rules for new links: who may open them, and for how long they live."""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from opencode.lib.actor import Actor
from sync.errors import LinkTooLong, OpenLinksOff
from sync.models import Share, SharePolicy
from workspaces.models import Workspace
from workspaces.services.audit import audit_record
from workspaces.services.standing import require_allowed

RULES: Final = "link.rules"
CLOCK_SLACK: Final = timedelta(minutes=5)
"""By how much a requested end may pass the longest one: it was counted from a moment before."""


def share_policy(workspace_id: str | None) -> SharePolicy:
    """The workspace's rules; the defaults where it decided nothing, and for sessions without a workspace."""
    found = None if workspace_id is None else SharePolicy.objects.filter(pk=workspace_id).first()
    return found or SharePolicy(workspace_id=workspace_id or "")


def share_policy_save(
    *, workspace: Workspace, allows_open_links: bool, default_days: int, longest_days: int | None, actor: Actor
) -> bool:
    """Set the rules for links made from now on; those that are live stay as they are. False when nothing changes.

    Raises NotFound, Forbidden when the person's right has ended meanwhile.
    """
    with transaction.atomic():
        Workspace.objects.select_for_update().get(pk=workspace.pk)
        require_allowed(workspace.pk, actor.person_id or "", RULES)
        policy = share_policy(workspace.pk)
        before = (policy.allows_open_links, policy.default_days, policy.longest_days)
        if before == (allows_open_links, default_days, longest_days):
            return False
        SharePolicy.objects.update_or_create(
            workspace=workspace,
            defaults={
                "allows_open_links": allows_open_links,
                "default_days": default_days,
                "longest_days": longest_days,
            },
        )
        details = {
            "who_may_open": "anyone" if allows_open_links else "members",
            "default_days": default_days,
            "longest_days": longest_days,
        }
        audit_record(workspace_id=workspace.pk, actor=actor, action="workspace.links", details=details)
    return True


def agents_visibility(workspace_id: str | None) -> str:
    """Who may open the links that agents make."""
    is_open = share_policy(workspace_id).allows_open_links
    return Share.Visibility.LINK if is_open else Share.Visibility.MEMBERS


def checked_end(policy: SharePolicy, *, visibility: str, expires_at: datetime | None, now: datetime) -> datetime | None:
    """When a link that a person or program asks for ends: as asked, or as late as the rules allow where none is asked.

    Raises OpenLinksOff, LinkTooLong.
    """
    if visibility != Share.Visibility.MEMBERS and not policy.allows_open_links:
        raise OpenLinksOff
    if policy.longest_days is None:
        return expires_at
    latest = now + timedelta(days=policy.longest_days)
    if expires_at is not None and expires_at > latest + CLOCK_SLACK:
        days = policy.longest_days
        raise LinkTooLong(f"A link of this workspace lives {days} day{'s' if days > 1 else ''} at most.")
    return min(expires_at or latest, latest)

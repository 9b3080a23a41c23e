"""Keys that end: a mail a week and a day before, once each; the end itself in the audit log."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from accounts.models import User
from accounts.services.mail import mail_send
from workspaces.actors import THE_CONSOLE
from workspaces.models import APIKey
from workspaces.selectors.credentials import is_newest
from workspaces.selectors.members import owners
from workspaces.services.audit import audit_record

WARN_DAYS: Final = (1, 7)
SWEEP_KEYS: Final = 500
_RECORDED: Final = 0


def keys_warn(*, now: datetime) -> int:
    """Mail whose keys end within a day or a week; answers how many keys. One mail a key and warning."""
    return sum(_warn(key, days) for key, days in _due(now))


def keys_end_record(*, now: datetime) -> int:
    """One entry for each key that expired; answers how many."""
    ended = APIKey.objects.filter(expires_at__lte=now, revoked_at=None, workspace__purged_at=None)
    due = ended.filter(Q(end_told=None) | Q(end_told__gt=_RECORDED)).order_by("expires_at")
    return sum(_record(key) for key in list(due[:SWEEP_KEYS]))


def _due(now: datetime) -> Iterator[tuple[APIKey, int]]:
    """Keys that live longer than the warning's time, and were not warned of for it; the nearest warning only."""
    open_keys = APIKey.objects.filter(revoked_at=None, expires_at__gt=now, workspace__deleted_at=None)
    for days in WARN_DAYS:
        untold = Q(end_told=None) | Q(end_told__gt=days)
        ending = open_keys.filter(untold, expires_at__lte=now + timedelta(days=days)).order_by("expires_at")
        for key in list(ending.select_related("workspace", "user", "created_by")[:SWEEP_KEYS]):
            if key.expires_at is not None and key.expires_at - key.created_at > timedelta(days=days):
                yield key, days


@transaction.atomic
def _warn(key: APIKey, days: int) -> bool:
    """Compare and set: of two sweeps at once, one sends. Of a key that was rotated nothing is told."""
    untold = Q(end_told=None) | Q(end_told__gt=days)
    if not APIKey.objects.filter(untold, pk=key.pk).update(end_told=days) or not is_newest(key):
        return False
    path = reverse("workspaces:key", args=[key.workspace.slug, key.pk])
    context = {
        "name": key.name,
        "prefix": key.prefix,
        "workspace": key.workspace.name,
        "days": days,
        "expires_at": key.expires_at,
        "url": settings.PUBLIC_URL + path,
    }
    for person in _people_of(key):
        mail_send(to=person.email, template="workspaces/mail/key_ends.html", context=context)
    return True


def _people_of(key: APIKey) -> list[User]:
    """Whose key it is; for a service key the owners of the workspace."""
    if key.user is not None:
        return [key.user] if key.user.is_active else []
    return [membership.user for membership in owners(key.workspace)]


@transaction.atomic
def _record(key: APIKey) -> bool:
    if not APIKey.objects.filter(Q(end_told=None) | Q(end_told__gt=_RECORDED), pk=key.pk).update(end_told=_RECORDED):
        return False
    audit_record(workspace_id=key.workspace_id, actor=THE_CONSOLE, action="key.expire", target_id=key.pk)
    return True

"""API keys and share tokens that expire: a warning by mail a week and a day before, and the end in the audit log."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from accounts.models import User
from accounts.services.mail import mail_send
from opencode.lib.actor import THE_CONSOLE
from opencode.lib.claims import row_claim
from workspaces.models import APIKey, Credential, ShareToken
from workspaces.selectors.credentials import is_newest
from workspaces.selectors.members import owners
from workspaces.services.audit import audit_record

Ending: TypeAlias = APIKey | ShareToken

WARN_DAYS: Final = (1, 7)
SWEEP_KEYS: Final = 500
_RECORDED: Final = 0
_KINDS: Final[tuple[type[Ending], ...]] = (APIKey, ShareToken)


def keys_warn(*, now: datetime) -> int:
    """Mail people whose keys and tokens expire within a day or a week; returns how many. Each warning is sent once."""
    return sum(_warn(ending, days) for kind in _KINDS for ending, days in _due(kind, now))


def keys_end_record(*, now: datetime) -> int:
    """Record the end of each key and token that expired; returns how many."""
    return sum(_record(ended) for kind in _KINDS for ended in _ended(kind, now))


def _due(kind: type[Ending], now: datetime) -> Iterator[tuple[Ending, int]]:
    """Credentials and the days to warn of: not warned of before, and with a longer lifetime than those days."""
    open_ones = kind.objects.filter(revoked_at=None, expires_at__gt=now, workspace__deleted_at=None)
    for days in WARN_DAYS:
        ending = open_ones.filter(_unwarned(days), expires_at__lte=now + timedelta(days=days)).order_by("expires_at")
        found: list[Any] = list(ending.select_related("workspace")[:SWEEP_KEYS])
        for credential in found:
            if credential.expires_at - credential.created_at > timedelta(days=days):
                yield credential, days


def _ended(kind: type[Ending], now: datetime) -> list[Ending]:
    ended = kind.objects.filter(_unwarned(_RECORDED), expires_at__lte=now, revoked_at=None, workspace__purged_at=None)
    return list(ended.order_by("expires_at")[:SWEEP_KEYS])


@transaction.atomic
def _warn(ending: Ending, days: int) -> bool:
    """Compare-and-set: of two sweeps at once, one sends. A key that was rotated gets no warning."""
    if not _mark_warned(ending, days) or (isinstance(ending, APIKey) and not is_newest(ending)):
        return False
    context = {
        "name": ending.name,
        "prefix": ending.prefix,
        "workspace": ending.workspace.name,
        "days": days,
        "expires_at": ending.expires_at,
        **_words(ending),
    }
    for person in _people_of(ending):
        mail_send(to=person.email, template="workspaces/mail/key_ends.html", context=context)
    return True


def _words(ending: Ending) -> dict[str, Any]:
    slug = ending.workspace.slug
    if isinstance(ending, APIKey):
        path = reverse("workspaces:key", args=[slug, ending.pk])
        return {"what": "API key", "can_rotate": True, "url": settings.PUBLIC_URL + path}
    return {"what": "share token", "url": settings.PUBLIC_URL + reverse("workspaces:tokens", args=[slug])}


def _people_of(ending: Ending) -> list[User]:
    """The key's person; for a service key or a share token, the owners of the workspace."""
    if isinstance(ending, APIKey) and ending.user is not None:
        return [ending.user] if ending.user.is_active else []
    return [membership.user for membership in owners(ending.workspace)]


@transaction.atomic
def _record(ended: Ending) -> bool:
    if not _mark_warned(ended, _RECORDED):
        return False
    action = "key.expire" if isinstance(ended, APIKey) else "token.expire"
    audit_record(workspace_id=ended.workspace_id, actor=THE_CONSOLE, action=action, target_id=ended.pk)
    return True


def _unwarned(days: int) -> Q:
    return Q(end_told=None) | Q(end_told__gt=days)


def _mark_warned(credential: Credential, days: int) -> bool:
    return row_claim(type(credential), credential.pk, _unwarned(days), end_told=days)

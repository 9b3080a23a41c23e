"""Rotating an API key: a new key follows the old one, which works on for as long as its programs need to change."""

from datetime import timedelta
from typing import Final

from django.db import transaction

from accounts.models import User
from opencode.lib.actor import Actor
from opencode.lib.announce import announce
from opencode.lib.clock import utc_now
from opencode.lib.errors import Forbidden
from opencode.lib.keyring import current_version, mac
from workspaces.errors import KeyEnded
from workspaces.keys.format import API_KEY_PREFIX, API_KEY_PURPOSE, new_secret, shown_prefix
from workspaces.models import APIKey, Workspace
from workspaces.selectors.credentials import is_newest, live
from workspaces.services.api_keys import require_room
from workspaces.services.audit import audit_record
from workspaces.services.standing import require_allowed
from workspaces.signals import api_key_revoked

OVERLAPS: Final = (0, 1, 24, 24 * 7)
"""Hours that the old key can go on working."""


def api_key_rotate(*, key: APIKey, rotated_by: User, overlap_hours: int, actor: Actor) -> tuple[APIKey, str]:
    """The key that follows, and its secret, of which only the hash is stored; the old one ends after the overlap.

    Name, scopes, person, limit and lifetime are the old key's. Raises KeyEnded, KeyLimitReached; NotFound,
    Forbidden when the person's right to rotate it has ended meanwhile.
    """
    secret = new_secret(API_KEY_PREFIX)
    now = utc_now()
    with transaction.atomic():
        workspace = Workspace.objects.select_for_update().get(pk=key.workspace_id)
        old = live(APIKey.objects.select_for_update().filter(pk=key.pk)).first()
        if old is None or not is_newest(old):
            raise KeyEnded
        # Nobody gets a key that acts as somebody else.
        require_allowed(workspace.pk, rotated_by.pk, "key.create" if old.user_id == rotated_by.pk else "key.manage_all")
        if old.user_id not in {None, rotated_by.pk}:
            raise Forbidden
        require_room(workspace)
        following = APIKey.objects.create(
            workspace=workspace,
            user_id=old.user_id,
            created_by=rotated_by,
            name=old.name,
            prefix=shown_prefix(secret, API_KEY_PREFIX),
            secret_hash=mac(API_KEY_PURPOSE, secret, current_version()),
            hash_version=current_version(),
            scopes=old.scopes,
            expires_at=now + (old.expires_at - old.created_at) if old.expires_at else None,
            monthly_limit=old.monthly_limit,
            root_id=old.root_id or old.pk,
        )
        _end(old, overlap_hours)
        details = {"replacement": following.pk, "overlap_hours": overlap_hours}
        audit_record(workspace_id=workspace.pk, actor=actor, action="key.rotate", target_id=old.pk, details=details)
    return following, secret


def _end(old: APIKey, overlap_hours: int) -> None:
    """At once, with whatever it holds open, or after the overlap: never later than it would have ended anyway."""
    now = utc_now()
    old.root_id = old.root_id or old.pk
    if overlap_hours:
        end = now + timedelta(hours=overlap_hours)
        old.expires_at = min(end, old.expires_at) if old.expires_at else end
    else:
        old.revoked_at = now
        announce(api_key_revoked, key_id=old.pk, workspace_id=old.workspace_id)
    old.save(update_fields=["root_id", "expires_at", "revoked_at"])

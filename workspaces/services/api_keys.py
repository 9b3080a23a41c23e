"""API keys: made once, shown once, revoked for good."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Q

from accounts.models import User
from opencode.lib.actor import PERSON, SYSTEM, Actor
from opencode.lib.announce import announce
from opencode.lib.clock import utc_now
from opencode.lib.errors import Forbidden
from opencode.lib.keyring import current_version, mac
from workspaces.errors import KeyLimitReached, ScopeUnknown
from workspaces.keys.format import API_KEY_PREFIX, API_KEY_PURPOSE, new_secret, shown_prefix
from workspaces.models import APIKey, Workspace
from workspaces.ports import spending_limit_set
from workspaces.roles import SCOPES
from workspaces.selectors.credentials import live
from workspaces.services.audit import audit_record
from workspaces.services.standing import require_allowed
from workspaces.signals import api_key_revoked

LIVE_KEY_LIMIT: Final = 500


def api_key_create(
    *,
    workspace: Workspace,
    created_by: User | None,
    name: str,
    scopes: Collection[str],
    actor: Actor,
    expires_at: datetime | None = None,
    is_service_key: bool = False,
) -> tuple[APIKey, str]:
    """A new key and its secret, of which only the hash is stored. A service key belongs to no person.

    `created_by` is None for a service key that the console itself makes, for its operator. Raises KeyLimitReached,
    ScopeUnknown; NotFound, Forbidden when the maker's rights have ended meanwhile.
    """
    if not set(scopes) <= SCOPES.keys():
        raise ScopeUnknown
    secret = new_secret(API_KEY_PREFIX)
    version = current_version()
    with transaction.atomic():
        Workspace.objects.select_for_update().get(pk=workspace.pk)
        _require_maker(workspace, created_by, actor, is_service_key=is_service_key)
        require_room(workspace)
        key = APIKey.objects.create(
            workspace=workspace,
            user=None if is_service_key else created_by,
            created_by=created_by,
            name=name,
            prefix=shown_prefix(secret, API_KEY_PREFIX),
            secret_hash=mac(API_KEY_PURPOSE, secret, version),
            hash_version=version,
            scopes=sorted(set(scopes)),
            expires_at=expires_at,
        )
        ends = expires_at.isoformat() if expires_at else None
        details = {"scopes": key.scopes, "owner": key.user_id, "expires_at": ends}
        audit_record(workspace_id=workspace.pk, actor=actor, action="key.create", target_id=key.pk, details=details)
    return key, secret


def _require_maker(workspace: Workspace, maker: User | None, actor: Actor, *, is_service_key: bool) -> None:
    if maker is not None:
        require_allowed(workspace.pk, maker.pk, "key.manage_all" if is_service_key else "key.create")
    elif actor.kind != SYSTEM or not is_service_key:
        raise Forbidden


def require_room(workspace: Workspace) -> None:
    """Raises KeyLimitReached when no other key has room. The caller holds the lock of the workspace's row."""
    if live(APIKey.objects.filter(workspace=workspace)).count() >= LIVE_KEY_LIMIT:
        raise KeyLimitReached


def api_key_limit_set(*, key: APIKey, monthly_limit: int | None, actor: Actor) -> None:
    """Limit what the key and those it followed may cost in a calendar month, in micro-cents; None: no limit.

    Raises NotFound, Forbidden when the acting person's right to manage keys has ended meanwhile.
    """
    with transaction.atomic():
        Workspace.objects.select_for_update().get(pk=key.workspace_id)
        if actor.kind == PERSON:
            require_allowed(key.workspace_id, actor.id, "key.manage_all")
        spending_limit_set(key.workspace_id, "key", key.root_id or key.pk, monthly_limit)
        changed = APIKey.objects.filter(pk=key.pk).exclude(Q(monthly_limit=monthly_limit))
        if changed.update(monthly_limit=monthly_limit):
            details = {"from": key.monthly_limit, "to": monthly_limit}
            audit_record(
                workspace_id=key.workspace_id, actor=actor, action="key.limit", target_id=key.pk, details=details
            )
    key.monthly_limit = monthly_limit


def api_key_revoke(*, key: APIKey, actor: Actor) -> bool:
    """Revoke the key; its open connections close. False when it had been revoked before."""
    with transaction.atomic():
        revoked = APIKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=utc_now())
        if revoked:
            announce(api_key_revoked, key_id=key.pk, workspace_id=key.workspace_id)
            audit_record(workspace_id=key.workspace_id, actor=actor, action="key.revoke", target_id=key.pk)
    return bool(revoked)

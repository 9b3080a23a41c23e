"""Workspace share tokens: the credential of an agent that knows only a server's address."""

from datetime import datetime
from typing import Final

from django.db import transaction

from accounts.models import User
from opencode.lib.actor import Actor
from opencode.lib.announce import announce
from opencode.lib.clock import utc_now
from opencode.lib.keyring import current_version, mac
from workspaces.errors import TokenLimitReached
from workspaces.keys.format import SHARE_TOKEN_PREFIX, SHARE_TOKEN_PURPOSE, new_secret, shown_prefix
from workspaces.models import ShareToken, Workspace
from workspaces.selectors.credentials import live
from workspaces.services.audit import audit_record
from workspaces.services.standing import require_allowed
from workspaces.signals import share_token_revoked

LIVE_TOKEN_LIMIT: Final = 500


def share_token_create(
    *, workspace: Workspace, created_by: User, name: str, actor: Actor, expires_at: datetime | None = None
) -> tuple[ShareToken, str]:
    """A new token and its secret, of which only the hash is stored.

    Raises TokenLimitReached; NotFound, Forbidden when the maker's rights have ended meanwhile.
    """
    secret = new_secret(SHARE_TOKEN_PREFIX)
    version = current_version()
    with transaction.atomic():
        Workspace.objects.select_for_update().get(pk=workspace.pk)
        require_allowed(workspace.pk, created_by.pk, "token.manage")
        if live(ShareToken.objects.filter(workspace=workspace)).count() >= LIVE_TOKEN_LIMIT:
            raise TokenLimitReached
        token = ShareToken.objects.create(
            workspace=workspace,
            created_by=created_by,
            name=name,
            prefix=shown_prefix(secret, SHARE_TOKEN_PREFIX),
            secret_hash=mac(SHARE_TOKEN_PURPOSE, secret, version),
            hash_version=version,
            expires_at=expires_at,
        )
        details = {"expires_at": expires_at.isoformat() if expires_at else None}
        audit_record(workspace_id=workspace.pk, actor=actor, action="token.create", target_id=token.pk, details=details)
    return token, secret


def share_token_revoke(*, token: ShareToken, actor: Actor) -> bool:
    """Revoke the token: agents that carry it can no longer share. False when it had been revoked before."""
    with transaction.atomic():
        revoked = ShareToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=utc_now())
        if revoked:
            announce(share_token_revoked, token_id=token.pk, workspace_id=token.workspace_id)
            audit_record(workspace_id=token.workspace_id, actor=actor, action="token.revoke", target_id=token.pk)
    return bool(revoked)

"""A leaked secret ends at once, whoever reports it: having it proves enough."""

from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from accounts.services.mail import mail_send
from opencode.lib.actor import SYSTEM, Actor
from opencode.lib.announce import announce
from opencode.lib.clock import utc_now
from workspaces.keys.format import API_KEY_PREFIX, is_whole
from workspaces.models import APIKey, ShareToken
from workspaces.selectors.credentials import credential_of
from workspaces.selectors.members import members
from workspaces.services.audit import audit_record
from workspaces.signals import api_key_revoked, share_token_revoked

SOURCE_CHARACTERS: Final = 500


def leak_report(*, secret: str, source: str, ip: str | None, request_id: str) -> bool:
    """Revoke the live key or share token with this secret and mail its people; False when there is none.

    `source` is where it was found, as the reporter says. Callers must answer the same in either case.
    """
    credential = credential_of(secret) if is_whole(secret) else None
    if credential is None:
        return False
    with transaction.atomic():
        rows = type(credential).objects.filter(pk=credential.pk, revoked_at=None)
        if not rows.update(revoked_at=utc_now()):
            return False
        _announce(credential)
        _notify(credential, source[:SOURCE_CHARACTERS])
        audit_record(
            workspace_id=credential.workspace_id,
            actor=Actor(SYSTEM, ip=ip, request_id=request_id),
            action="key.leak" if secret.startswith(API_KEY_PREFIX) else "token.leak",
            target_id=credential.pk,
            details={"revoked": True},
        )
    return True


def _announce(credential: APIKey | ShareToken) -> None:
    if isinstance(credential, APIKey):
        announce(api_key_revoked, key_id=credential.pk, workspace_id=credential.workspace_id)
    else:
        announce(share_token_revoked, token_id=credential.pk, workspace_id=credential.workspace_id)


def _notify(credential: APIKey | ShareToken, source: str) -> None:
    is_key = isinstance(credential, APIKey)
    workspace = credential.workspace
    page = reverse("workspaces:keys" if is_key else "workspaces:tokens", args=[workspace.slug])
    context = {
        "what": "API key" if is_key else "share token",
        "name": credential.name,
        "prefix": credential.prefix,
        "workspace": workspace.name,
        "source": source,
        "url": settings.PUBLIC_URL + page,
    }
    for address in sorted(_addresses(credential)):
        mail_send(to=address, template="workspaces/mail/key_leak.html", context=context)


def _addresses(credential: APIKey | ShareToken) -> set[str]:
    """Addresses of the key's or token's person, as long as they are a member, and of owners and admins."""
    its_person = credential.user_id if isinstance(credential, APIKey) else credential.created_by_id
    there = members(credential.workspace).filter(user__is_active=True)
    recipients = there.filter(Q(role__in=("owner", "admin")) | Q(user_id=its_person))
    return {membership.user.email for membership in recipients}

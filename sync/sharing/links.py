"""Links that people create and end from the console; those of agents are in `sync.sharing.shares`."""

from datetime import datetime
from typing import Final

from django.db import transaction

from opencode.lib.actor import Actor
from opencode.lib.announce import announce
from opencode.lib.clock import utc_now
from opencode.lib.keyring import current_version
from sync.errors import ShareLimitReached
from sync.models import Session, Share
from sync.sharing.policy import checked_end, share_policy
from sync.sharing.selectors import live_shares
from sync.sharing.telling import tell_shared
from sync.signals import share_ended, share_masking_changed
from workspaces.services.audit import audit_record

LIVE_SHARE_LIMIT: Final = 100
"""Live links of one session: far more than anyone needs, few enough that a script cannot fill the page."""


def share_link_create(
    *,
    session: Session,
    actor: Actor,
    visibility: str = Share.Visibility.LINK,
    expires_at: datetime | None = None,
    masks_secrets: bool = True,
) -> Share:
    """Create another link to the session, for the person in `actor` if there is one.

    It is live until it is revoked or `expires_at`; without one as long as the workspace allows. Raises
    ShareLimitReached, OpenLinksOff, LinkTooLong.
    """
    with transaction.atomic():
        policy = share_policy(session.workspace_id)
        expires_at = checked_end(policy, visibility=visibility, expires_at=expires_at, now=utc_now())
        Session.objects.select_for_update().get(pk=session.pk)
        if live_shares().filter(session=session).count() >= LIVE_SHARE_LIMIT:
            raise ShareLimitReached
        share = Share.objects.create(
            session=session,
            workspace_id=session.workspace_id,
            visibility=visibility,
            secret_version=current_version(),
            is_agents=False,
            created_by_id=actor.person_id,
            expires_at=expires_at,
            masks_secrets=masks_secrets,
        )
        tell_shared(session.workspace_id, session.client_id, share.pk)
        details = {
            "access": visibility,
            "expires_at": expires_at.isoformat() if expires_at else None,
            "secrets": None if masks_secrets else "shown",
        }
        _record(session, actor, "session.share", share.pk, **details)
    return share


def share_link_end(*, share: Share, actor: Actor) -> bool:
    """End a link, whoever made it: its readers are disconnected, the session stays. False when it was ended already."""
    with transaction.atomic():
        ended = Share.objects.filter(pk=share.pk, revoked_at=None).update(revoked_at=utc_now())
        if ended:
            announce(share_ended, share_id=share.pk, session_id=share.session_id)
            _record(share.session, actor, "session.unshare", share.pk)
    return bool(ended)


def share_masking_set(*, share: Share, masks_secrets: bool, actor: Actor) -> bool:
    """Mask secrets for readers who have only the link, or show them; open readers start again from the whole state.

    False when it was so before, or the link has ended.
    """
    with transaction.atomic():
        changing = Share.objects.filter(pk=share.pk, revoked_at=None).exclude(masks_secrets=masks_secrets)
        changed = changing.update(masks_secrets=masks_secrets)
        if changed:
            announce(share_masking_changed, share_id=share.pk, session_id=share.session_id, masks_secrets=masks_secrets)
            _record(share.session, actor, "session.mask" if masks_secrets else "session.unmask", share.pk)
    return bool(changed)


def _record(session: Session, actor: Actor, action: str, share_id: str, **details: str | None) -> None:
    if session.workspace_id is not None:
        audit_record(
            workspace_id=session.workspace_id,
            actor=actor,
            action=action,
            target_id=session.client_id,
            details={"share": share_id, **details},
        )

"""Creating and ending the shares of agents. Everything here is synchronous and runs in a thread, off the event loop."""

import secrets
from datetime import timedelta
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.db import IntegrityError, transaction

from opencode.lib.actor import Actor
from opencode.lib.announce import announce
from opencode.lib.clock import utc_now
from opencode.lib.errors import Conflict
from opencode.lib.http import rate_address
from opencode.lib.keyring import current_version, key_versions, mac
from opencode.lib.ratelimits import rate_count
from sync.archive import session_erase
from sync.errors import AnonymousSharesLimited, AnonymousSharesOff
from sync.models import Session, Share, ShareClaim
from sync.sharing.policy import agents_visibility
from sync.sharing.secrets import derive_share_secret
from sync.sharing.targets import AgentsShare, ShareTarget, agents_share, share_target
from sync.sharing.telling import tell_shared
from sync.signals import share_ended
from workspaces.selectors.credentials import credential_name
from workspaces.services.audit import audit_record

LOOPBACK_OWNER: Final = "loopback"
TWIN_SECONDS: Final = 10
# When two creates race for one row, the loser's next attempt finds the winner's row.
RACE_ATTEMPTS: Final = 5


class CreatedShare(NamedTuple):
    """The result of a create: the share's id, the secret that writes to it, and its address."""

    id: str
    secret: str
    target: ShareTarget


def share_create(
    *,
    client_id: str,
    workspace_id: str | None,
    is_local: bool,
    client_address: str,
    actor: Actor,
) -> CreatedShare:
    """Share the agent's session `client_id`.

    The share belongs to the person and the signed-in agent in `actor`, if any. In a workspace, or on a server that only
    this machine can reach (`is_local`), creating again returns the same share and secret while the share is live. Any
    other caller gets a new session and share each time, except for the second of two racing creates of one agent run,
    which `client_address` helps to recognise. Where a workspace allows no open links, a new share is for members only.
    Raises AnonymousSharesOff, AnonymousSharesLimited.
    """
    if workspace_id is None and not _may_share_anonymously(is_local):
        raise AnonymousSharesOff
    if workspace_id is None and not is_local:
        return _answer(_anonymous_share(client_id, client_address, actor))
    owner_key = workspace_id or LOOPBACK_OWNER
    share = agents_share(owner_key, client_id, actor.device_id)
    return _answer(share or _owned_share(owner_key, client_id, workspace_id, actor))


def _may_share_anonymously(is_local: bool) -> bool:
    return bool(settings.ANONYMOUS_SHARES and (is_local or not settings.ANONYMOUS_SHARES_LOCAL_ONLY))


def _count_anonymous(client_address: str) -> None:
    """Count one more anonymous share from this address. Raises AnonymousSharesLimited."""
    for of, limit in (
        (rate_address(client_address), settings.SYNC_ANONYMOUS_SHARES_PER_MINUTE),
        ("all", settings.SYNC_ANONYMOUS_SHARES_OF_ALL_PER_MINUTE),
    ):
        rate = rate_count("anonymous-share", of, limit=limit, seconds=60)
        if rate.is_exceeded:
            raise AnonymousSharesLimited(retry_after=rate.reset_seconds, limit=limit)


def share_end(*, share_id: str, actor: Actor) -> None:
    """Unshare: a workspace's session loses this link and stays, a session without an owner is erased.

    A share that is not live is left alone: agents repeat requests whose answer they did not see.
    """
    target = share_target(share_id)
    if target is None:
        return
    if target.workspace_id is None:
        session_erase(session_id=target.session_id, actor=actor)
    elif not _unshare(target, target.workspace_id, actor):
        return
    announce(share_ended, share_id=share_id, session_id=target.session_id)


@transaction.atomic
def _unshare(target: ShareTarget, workspace_id: str, actor: Actor) -> bool:
    ended = Share.objects.filter(id=target.share_id, revoked_at=None).update(revoked_at=utc_now())
    if ended:
        _record(workspace_id, actor, "session.unshare", target.client_id, target.share_id)
    return bool(ended)


def _record(workspace_id: str, actor: Actor, action: str, client_id: str, share_id: str) -> None:
    details = {"share": share_id}
    audit_record(workspace_id=workspace_id, actor=actor, action=action, target_id=client_id, details=details)


def share_claims_purge() -> int:
    """Delete claims that are too old for a racing create to use; returns how many."""
    removed, _ = ShareClaim.objects.filter(created_at__lt=utc_now() - timedelta(seconds=TWIN_SECONDS)).delete()
    return removed


def _answer(share: AgentsShare) -> CreatedShare:
    share_id, version = share.target.share_id, share.secret_version
    if version not in key_versions():
        # The key that derived the agent's secret was retired, which ends the secret: return a new one.
        version = current_version()
        Share.objects.filter(id=share_id).update(secret_version=version)
    return CreatedShare(share_id, derive_share_secret(share_id, version), share.target)


def _owned_share(owner_key: str, client_id: str, workspace_id: str | None, actor: Actor) -> AgentsShare:
    with transaction.atomic():
        made: dict[str, Any] = {
            "workspace_id": workspace_id,
            "created_by_id": actor.person_id,
            "made_with_id": actor.id if workspace_id else "",
            # Looked up for a session that is new, and for no other.
            "made_with_name": lambda: credential_name(actor.id),
        }
        session, is_new = Session.objects.get_or_create(owner_key=owner_key, client_id=client_id, defaults=made)
        if not is_new:
            # Creates of one session take turns here, so that the second finds the share of the first.
            session = Session.objects.select_for_update().get(pk=session.pk)
            known = agents_share(owner_key, client_id, actor.device_id)
            if known is not None:
                return known
        share = _new_share(session, actor)
        if workspace_id is not None:
            tell_shared(workspace_id, client_id, share.target.share_id)
            _record(workspace_id, actor, "session.share", client_id, share.target.share_id)
        return share


def _new_share(session: Session, actor: Actor) -> AgentsShare:
    share = Share.objects.create(
        session=session,
        workspace_id=session.workspace_id,
        visibility=agents_visibility(session.workspace_id),
        secret_version=current_version(),
        created_by_id=actor.person_id,
        device_id=actor.device_id,
    )
    return _of_row(share)


def _of_row(share: Share) -> AgentsShare:
    session = share.session
    is_cold = session.cold_at is not None
    target = ShareTarget(
        share.pk,
        session.pk,
        session.client_id,
        session.workspace_id,
        has_writer=True,
        is_cold=is_cold,
        masks_secrets=share.masks_secrets,
        is_for_members=share.is_for_members,
    )
    return AgentsShare(target, share.secret_version)


def _anonymous_share(client_id: str, client_address: str, actor: Actor) -> AgentsShare:
    claim = mac("share-claim", f"{client_address}\0{client_id}", current_version())
    for _ in range(RACE_ATTEMPTS):
        twin = _claimed_share(ShareClaim.objects.filter(claim=claim).first())
        if twin is not None:
            return twin
        try:
            _count_anonymous(client_address)
            return _claim_share(claim, client_id, actor)
        except IntegrityError:
            continue
    raise Conflict


def _claim_share(claim: str, client_id: str, actor: Actor) -> AgentsShare:
    """A new session and share, held for a racing create by the unique claim. IntegrityError when the other won."""
    with transaction.atomic():
        known = ShareClaim.objects.select_for_update().filter(claim=claim).first()
        twin = _claimed_share(known)
        if twin is not None:
            return twin
        if known is not None:
            known.delete()
        owner_key = f"anon:{secrets.token_hex(16)}"
        share = _new_share(Session.objects.create(owner_key=owner_key, client_id=client_id), actor)
        ShareClaim.objects.create(claim=claim, share_id=share.target.share_id)
        return share


def _claimed_share(claim: ShareClaim | None) -> AgentsShare | None:
    """The share for the second of two racing creates: claimed moments ago, still live, and not written to yet."""
    if claim is None or claim.created_at < utc_now() - timedelta(seconds=TWIN_SECONDS):
        return None
    share = claim.share
    return _of_row(share) if share.revoked_at is None and share.session.head_seq == 0 else None

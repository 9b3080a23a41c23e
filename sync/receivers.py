"""Reactions to facts of session sync and of the apps below: sockets close, cached data and objects are removed.

Sockets are closed at once where this process has an event loop that serves some; workers and commands have none, and
other processes see the change in the database within a heartbeat. Receivers run in the thread that committed.
"""

from functools import partial
from typing import Any

import structlog
from django.dispatch import receiver

from accounts.signals import account_closed, device_revoked, session_ended
from sync.agents import rights_invalidate, session_invalidate, share_invalidate
from sync.archive import deletion_objects_remove
from sync.doors.fragments import answers_invalidate
from sync.live import Runtime, in_runtime
from sync.sharing import findings_invalidate, masked_epoch, masked_invalidate
from sync.signals import session_erased, share_ended, share_masking_changed
from sync.transcript import fragments_invalidate
from workspaces.models import Membership
from workspaces.signals import api_key_revoked, membership_removed, share_token_revoked, workspace_closed

log = structlog.get_logger(__name__)


@receiver(session_erased)
def erased_session_readers_end(*, session_id: int, epoch: str, **_fact: Any) -> None:
    session_invalidate(session_id=session_id)
    in_runtime(lambda runtime: runtime.end_session(session_id))
    for each in (epoch, masked_epoch(epoch)):
        in_runtime(partial(_answers_invalidate, epoch=each))
        fragments_invalidate(each)
    masked_invalidate(epoch)
    findings_invalidate(epoch)


@receiver(session_erased)
def erased_session_objects_delete(*, receipt_id: str, **_fact: Any) -> None:
    """Remove everything stored below the session's prefix; a later sweep removes what a failing storage keeps."""
    try:
        deletion_objects_remove(receipt_id=receipt_id)
    except Exception:
        log.exception("erased_objects_kept", receipt=receipt_id)


@receiver(share_ended)
def ended_share_sockets_close(*, share_id: str, **_fact: Any) -> None:
    share_invalidate(share_id=share_id)
    in_runtime(lambda runtime: runtime.connections.end_share(share_id))
    in_runtime(lambda _runtime: answers_invalidate(share_id=share_id))


@receiver(share_masking_changed)
def share_readers_start_again(*, share_id: str, masks_secrets: bool, **_fact: Any) -> None:
    share_invalidate(share_id=share_id)
    in_runtime(lambda runtime: runtime.connections.share_masking(share_id, masks_secrets=masks_secrets))
    in_runtime(lambda _runtime: answers_invalidate(share_id=share_id))


@receiver((account_closed, device_revoked, membership_removed, share_token_revoked, workspace_closed))
def ended_rights_invalidate(**_fact: Any) -> None:
    rights_invalidate()


@receiver(api_key_revoked)
def revoked_key_sockets_close(*, key_id: str, **_fact: Any) -> None:
    in_runtime(lambda runtime: runtime.connections.end_key(key_id))


@receiver(membership_removed)
def removed_member_sockets_close(*, membership_id: str, **_fact: Any) -> None:
    in_runtime(partial(_end_membership, membership_id=membership_id))


@receiver(account_closed)
def closed_accounts_sockets_close(*, user_id: str, **_fact: Any) -> None:
    """Close the sockets of the person's cookies and of their keys, in every workspace."""
    memberships = list(Membership.objects.filter(user_id=user_id).values_list("pk", flat=True))
    for membership_id in memberships:
        in_runtime(partial(_end_membership, membership_id=membership_id))


@receiver(workspace_closed)
def closed_workspace_sockets_close(*, workspace_id: str, **_fact: Any) -> None:
    in_runtime(lambda runtime: runtime.connections.end_workspace(workspace_id))


@receiver(session_ended)
def signed_out_browser_sockets_close(*, session_id: int, **_fact: Any) -> None:
    in_runtime(lambda runtime: runtime.connections.end_browser(str(session_id)))


@receiver(device_revoked)
def revoked_device_sockets_close(*, device_id: str, **_fact: Any) -> None:
    in_runtime(lambda runtime: runtime.connections.end_device(device_id))


def _answers_invalidate(_runtime: Runtime, *, epoch: str) -> None:
    answers_invalidate(epoch=epoch)


def _end_membership(runtime: Runtime, *, membership_id: str) -> None:
    runtime.connections.end_membership(membership_id)

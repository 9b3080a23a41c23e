"""Appending to a workspace's audit log, inside the transaction of the act itself."""

import json
from collections.abc import Mapping
from typing import Any, Final

from django.db import connection

from opencode.lib.clock import utc_now
from opencode.lib.keyring import current_version, mac
from workspaces.actors import Actor
from workspaces.auditactions import ACTIONS
from workspaces.models import AuditEntry, AuditHead

PURPOSE: Final = "audit-entry"


def audit_record(
    *, workspace_id: str, actor: Actor, action: str, target_id: str = "", details: Mapping[str, Any] | None = None
) -> AuditEntry:
    """The next entry of the workspace's chain; it stands or falls with the transaction around it.

    Call it last: it locks the chain's end until the commit. `details` holds ids and plain values, no secrets, no
    addresses. ValueError: no such action; RuntimeError: no transaction.
    """
    if action not in ACTIONS:
        raise ValueError(f"no such action: {action}")
    if not connection.in_atomic_block:
        raise RuntimeError("an audit entry belongs into the transaction of its act")
    AuditHead.objects.get_or_create(workspace_id=workspace_id)
    head = AuditHead.objects.select_for_update().get(workspace_id=workspace_id)
    entry = AuditEntry(
        workspace_id=workspace_id,
        seq=head.seq + 1,
        at=utc_now(),
        actor_kind=actor.kind,
        actor_id=actor.id,
        action=action,
        target_id=target_id,
        details=json.dumps(details or {}, sort_keys=True, separators=(",", ":")),
        ip=actor.ip,
        request_id=actor.request_id,
        previous_hash=head.hash,
        hash_version=current_version(),
    )
    entry.hash = mac(PURPOSE, audited_text(entry), entry.hash_version)
    entry.save(force_insert=True)
    AuditHead.objects.filter(pk=workspace_id).update(seq=entry.seq, hash=entry.hash)
    return entry


def audited_text(entry: AuditEntry) -> str:
    """What an entry's hash covers: every field but the hash, as one line of JSON."""
    return json.dumps(
        [
            entry.workspace_id,
            entry.seq,
            entry.at.isoformat(timespec="microseconds"),
            entry.actor_kind,
            entry.actor_id,
            entry.action,
            entry.target_id,
            entry.details,
            entry.ip or "",
            entry.request_id,
            entry.previous_hash,
            entry.hash_version,
        ],
        separators=(",", ":"),
    )

"""Appending to a workspace's audit log, inside the transaction of the act itself."""

import hashlib
import ipaddress
import json
from collections.abc import Mapping
from datetime import UTC
from typing import Any, Final

from django.db import connection

from opencode.lib.actor import Actor
from opencode.lib.clock import utc_now
from opencode.lib.keyring import current_version, mac, mac_matches
from workspaces.auditactions import ACTIONS
from workspaces.models import AuditAnchor, AuditEntry, AuditHead

ENTRY_PURPOSE: Final = "audit-entry"
HEAD_PURPOSE: Final = "audit-head"
ANCHOR_PURPOSE: Final = "audit-anchor"

_INSERT: Final = "INSERT INTO workspaces_audithead (workspace_id, seq, hash) VALUES (%s, 0, '')"
# On MySQL a plain INSERT that meets the row of another first act shares its lock, and two of those deadlock.
_MAKE_HEAD: Final = {
    "mysql": f"{_INSERT} ON DUPLICATE KEY UPDATE seq = seq",
    "sqlite": f"{_INSERT} ON CONFLICT DO NOTHING",
}


def audit_record(
    *, workspace_id: str, actor: Actor, action: str, target_id: str = "", details: Mapping[str, Any] | None = None
) -> AuditEntry:
    """The next entry of the workspace's chain; it is committed or rolled back with the transaction around it.

    Call it last: it locks the chain's end until the commit. `details` holds ids and plain values, no secrets, no
    addresses; the actor's reason is added to them. Raises ValueError for an unknown action, RuntimeError without a
    transaction.
    """
    if action not in ACTIONS:
        raise ValueError(f"no such action: {action}")
    if not connection.in_atomic_block:
        raise RuntimeError("an audit entry belongs into the transaction of its act")
    reason = {"reason": actor.reason} if actor.reason else {}
    head = head_lock(workspace_id)
    is_sound = is_head_sound(head)
    entry = AuditEntry(
        workspace_id=workspace_id,
        seq=head.seq + 1,
        at=utc_now(),
        actor_kind=actor.kind,
        actor_id=actor.id,
        action=action,
        target_id=target_id,
        details=json.dumps({**(details or {}), **reason}, sort_keys=True, separators=(",", ":")),
        ip=canonical_ip(actor.ip),
        request_id=actor.request_id,
        previous_hash=head.hash,
        hash_version=current_version(),
    )
    entry.hash = entry_hash(entry)
    entry.seal = mac(ENTRY_PURPOSE, entry.hash, entry.hash_version)
    entry.save()
    head.seq, head.hash = entry.seq, entry.hash
    head_save(head, is_sound=is_sound)
    return entry


def head_lock(workspace_id: str) -> AuditHead:
    """The end of the chain, locked until the commit; made when this is the workspace's first entry."""
    locked = AuditHead.objects.select_for_update()
    head = locked.filter(pk=workspace_id).first()
    if head is None:
        with connection.cursor() as cursor:
            cursor.execute(_MAKE_HEAD[connection.vendor], [workspace_id])
        head = locked.get(pk=workspace_id)
    return head


def entry_hash(entry: AuditEntry) -> str:
    """SHA-256 of every field but hash and seal, as one line of JSON."""
    text = json.dumps(
        [
            entry.workspace_id,
            entry.seq,
            entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
            entry.actor_kind,
            entry.actor_id,
            entry.action,
            entry.target_id,
            entry.details,
            entry.ip or "",
            entry.request_id,
            entry.previous_hash,
        ],
        separators=(",", ":"),
    )
    return hashlib.sha256(text.encode()).hexdigest()


def head_text(head: AuditHead) -> str:
    """The text that the seal of a chain's end covers."""
    return json.dumps([head.workspace_id, head.seq, head.hash], separators=(",", ":"))


def anchor_text(anchor: AuditAnchor) -> str:
    """The text that the seal of an anchor covers."""
    at = anchor.at.astimezone(UTC).isoformat(timespec="microseconds")
    fields = [anchor.workspace_id, anchor.seq, anchor.hash, anchor.count, anchor.reason, at]
    return json.dumps(fields, separators=(",", ":"))


def is_head_sound(head: AuditHead) -> bool:
    """Whether the chain has not begun, or its end carries our seal under a key version that is still listed."""
    is_new = not head.seq and not head.hash
    return is_new or mac_matches(HEAD_PURPOSE, head_text(head), head.hash_version, head.seal)


def head_save(head: AuditHead, *, is_sound: bool) -> None:
    """Write the end of the chain, whose lock the caller holds, sealed under the newest key version.

    An end that was not sound stays without a seal: our next act must not vouch for an end that was tampered with.
    """
    head.hash_version = current_version()
    head.seal = mac(HEAD_PURPOSE, head_text(head), head.hash_version) if is_sound else ""
    head.save(update_fields=["seq", "hash", "seal", "hash_version"])


def canonical_ip(address: str | None) -> str | None:
    """The address in the one form every database returns; None for other text, such as a test client's name."""
    try:
        parsed = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return str(mapped or parsed)

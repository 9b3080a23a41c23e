"""Makes audit entries of the removals of entries that were committed since the last sweep."""

from collections import defaultdict
from typing import Final

from django.db import transaction

from opencode.lib.actor import DEVICE, KEY, PERSON, Actor
from sync.models import EntryRemoval, Session
from workspaces.models import Membership
from workspaces.services.audit import audit_record

SWEEP_ROWS: Final = 5000


def removals_audit() -> int:
    """One audit entry for what each sender removed from each session since the last sweep; returns how many.

    A sender's many small removals become one entry with their sum. Each is written in a transaction of its own, which
    takes the rows away that it was made of, so that nothing is told twice or lost.
    """
    groups: dict[tuple[int, str, str, str, str], list[int]] = defaultdict(list)
    for row in EntryRemoval.objects.order_by("pk")[:SWEEP_ROWS]:
        groups[(row.session_id, row.share_id, row.key_id, row.device_id, row.membership_id)].append(row.pk)
    return sum(_record(session_id, pks) for (session_id, *_), pks in groups.items())


@transaction.atomic
def _record(session_id: int, pks: list[int]) -> bool:
    # The session's lock comes first, as everywhere, and lets one of two sweeps through.
    session = Session.objects.select_for_update().filter(pk=session_id).first()
    rows = list(EntryRemoval.objects.filter(pk__in=pks)) if session is not None else []
    if session is None or session.workspace_id is None or not rows:
        return False
    EntryRemoval.objects.filter(pk__in=[row.pk for row in rows]).delete()
    audit_record(
        workspace_id=session.workspace_id,
        actor=_actor(rows[0]),
        action="session.entries_remove",
        target_id=session.client_id,
        details={"entries": sum(row.entries for row in rows)},
    )
    return True


def _actor(row: EntryRemoval) -> Actor:
    members = Membership.objects.filter(pk=row.membership_id).values_list("user_id", flat=True)
    owner_id = (members.first() if row.membership_id else None) or ""
    if row.device_id:
        return Actor(DEVICE, row.device_id, owner_id=owner_id)
    if row.key_id or row.share_id:
        return Actor(KEY, row.key_id or row.share_id, owner_id=owner_id)
    return Actor(PERSON, owner_id)

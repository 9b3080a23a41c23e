"""The audit log as CSV, in pieces; each export is recorded in the log itself."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from django.db import transaction

from opencode.lib.actor import Actor
from opencode.lib.csvcells import csv_lines
from workspaces.models import AuditEntry, Workspace
from workspaces.selectors.audit import AuditFilter, audit_entries, audit_names
from workspaces.services.audit import audit_record

CHUNK_ROWS: Final = 1000
COLUMNS: Final = (
    "seq",
    "at",
    "actor_kind",
    "actor_id",
    "actor",
    "action",
    "target_id",
    "target",
    "details",
    "ip",
    "request_id",
    "hash",
)
_ID: Final = re.compile(r"[a-z]{3}_[0-9A-Za-z]{26}")


def audit_export(*, workspace: Workspace, wanted: AuditFilter, actor: Actor) -> Iterator[str]:
    """Lines of CSV, the newest entry first, some thousand per piece. The export is recorded before the first line."""
    with transaction.atomic():
        entry = audit_record(
            workspace_id=workspace.pk, actor=actor, action="audit.export", details={"filter": _said(wanted)}
        )
    return _pieces(workspace, wanted, entry.seq)


def _said(wanted: AuditFilter) -> Mapping[str, str]:
    """The filter for the log, without words that could be a name or address."""
    values = {
        "actor": _id_or_words(wanted.actor),
        "action": wanted.action,
        "target": _id_or_words(wanted.target),
        "since": wanted.since.isoformat() if wanted.since else "",
        "until": wanted.until.isoformat() if wanted.until else "",
    }
    return {name: value for name, value in values.items() if value}


def _id_or_words(text: str) -> str:
    return text if not text or _ID.fullmatch(text) else "words"


def _pieces(workspace: Workspace, wanted: AuditFilter, before: int) -> Iterator[str]:
    yield csv_lines([COLUMNS])
    rows = audit_entries(workspace, wanted)
    while chunk := list(rows.filter(seq__lt=before)[:CHUNK_ROWS]):
        names = audit_names(workspace, chunk)
        yield csv_lines([_cells(entry, names) for entry in chunk])
        before = chunk[-1].seq


def _cells(entry: AuditEntry, names: Mapping[str, str]) -> Sequence[Any]:
    return (
        entry.seq,
        entry.at.isoformat(timespec="microseconds"),
        entry.actor_kind,
        entry.actor_id,
        names.get(entry.actor_id, ""),
        entry.action,
        entry.target_id,
        names.get(entry.target_id, ""),
        entry.details,
        entry.ip or "",
        entry.request_id,
        entry.hash,
    )

"""Checking a workspace's audit log: every hash, every seal, no gap, and that nothing is missing at either end.

Rows are read in pieces, so memory does not grow with the log. The chain's end is sealed under a key the database does
not have; without the key, a writer to the database can neither change, add, remove nor reorder entries unnoticed. A log
deleted together with its end is noticed because its workspace then has none, or one that does not begin with its
creation.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from django.db import transaction
from django.db.migrations.recorder import MigrationRecorder

from opencode.lib.keyring import key_versions, mac_matches
from workspaces.models import AuditAnchor, AuditEntry, AuditHead, Workspace
from workspaces.services.audit import (
    ANCHOR_PURPOSE,
    ENTRY_PURPOSE,
    anchor_text,
    entry_hash,
    head_lock,
    head_save,
    is_head_sound,
)

CHUNK_ROWS: Final = 1000
SHOWN_PROBLEMS: Final = 20
_CREATION: Final = "workspace.create"
_PARTS: Final = (AuditHead, AuditEntry, AuditAnchor)
_LOG_BEGAN: Final = ("workspaces", "0002_audit_log")
"""The migration before which workspaces were made without an entry."""


@dataclass
class ChainReport:
    """What checking one workspace's chain found; `problems` are sentences, SHOWN_PROBLEMS at most, `found` counts all.

    `retired` counts seals of key versions the keyring no longer lists: what they sealed is vouched for by the end's
    seal; where that one is retired itself, or missing (`is_unsealed`), only the hashes are evidence.
    """

    workspace_id: str
    seq: int = 0
    hash: str = ""
    entries: int = 0
    anchored: int = 0
    retired: int = 0
    is_unsealed: bool = False
    found: int = 0
    problems: list[str] = field(default_factory=list)

    def add_problem(self, problem: str) -> None:
        self.found += 1
        if len(self.problems) < SHOWN_PROBLEMS:
            self.problems.append(problem)


@dataclass(frozen=True)
class Known:
    """Where a chain was at an earlier check, from its report."""

    seq: int
    hash: str


def chain_verify(
    *, workspace_id: str, earlier: Known | None = None, progress: Callable[[int], None] = lambda count: None
) -> ChainReport:
    """Check the chain from its last anchor, or its first entry, to its end.

    Reads only; `progress` gets the size of each piece.

    With `earlier` the chain must still hold what it held then: an old copy of the whole log, put back, is noticed too.
    """
    report = ChainReport(workspace_id)
    head = AuditHead.objects.filter(pk=workspace_id).first()
    anchor = AuditAnchor.objects.filter(workspace_id=workspace_id).order_by("-seq").first()
    marks = {head.seq: head.hash} if head is not None else {}
    _check_head(report, head)
    if anchor is not None:
        _check_anchor(report, anchor)
        report.anchored = report.seq = anchor.seq
        report.hash = anchor.hash
        marks = {**marks, anchor.seq: anchor.hash}
    _walk(report, anchor, {**marks, **({earlier.seq: earlier.hash} if earlier is not None else {})}, progress)
    if not report.seq and (head is None or not head.seq) and _is_logged_from_creation(workspace_id):
        report.add_problem("there is no log: a workspace has at least the entry of its creation")
    if report.seq and head is None:
        report.add_problem("the end of the chain is not known: its row is gone")
    for what, known in (("the end of the chain", head), ("an earlier check", earlier)):
        if known is not None and report.seq < known.seq:
            report.add_problem(f"entries {report.seq + 1} to {known.seq} are missing: {what} was at {known.seq}")
    return report


def chain_ids() -> Iterator[str]:
    """Every workspace, and whatever else has an audit log or a part of one; each once."""
    places = [model.objects.order_by().values_list("workspace_id", flat=True) for model in _PARTS]
    yield from Workspace.objects.order_by().values_list("pk", flat=True).union(*places).iterator()


def chain_reseal(*, workspace_id: str) -> None:
    """Seal the end of a chain again under the newest key version: done before an old one is taken off the keyring.

    Only after `chain_verify` found no problem; the caller vouches for an end that has no seal.
    """
    with transaction.atomic():
        head_save(head_lock(workspace_id), is_sound=True)


def _check_head(report: ChainReport, head: AuditHead | None) -> None:
    if head is None:
        return
    if not head.seal or head.hash_version not in key_versions():
        report.is_unsealed = bool(head.seq)
    elif not is_head_sound(head):
        report.add_problem(f"the end of the chain, at {head.seq}, is forged: its seal is not ours")


def _check_anchor(report: ChainReport, anchor: AuditAnchor) -> None:
    """Under a retired key the purge's own entry vouches for the anchor, as the end's seal does for that entry."""
    if anchor.hash_version in key_versions():
        if not mac_matches(ANCHOR_PURPOSE, anchor_text(anchor), anchor.hash_version, anchor.seal):
            report.add_problem(f"the anchor at {anchor.seq} is forged: its seal is not ours")
        return
    report.retired += 1
    purges = AuditEntry.objects.filter(workspace_id=anchor.workspace_id, action="audit.purge", seq__gt=anchor.seq)
    purged = (json.loads(details) for details in purges.values_list("details", flat=True))
    if not any((each.get("upto"), each.get("hash")) == (anchor.seq, anchor.hash) for each in purged):
        report.add_problem(f"the anchor at {anchor.seq} is forged: no entry tells of its purge")


def _walk(
    report: ChainReport, anchor: AuditAnchor | None, marks: Mapping[int, str], progress: Callable[[int], None]
) -> None:
    for entry in _entries(report.workspace_id, progress):
        if report.entries == 0:
            _begin(report, anchor, entry)
        if entry.seq != report.seq + 1:
            report.add_problem(f"entries {report.seq + 1} to {entry.seq - 1} are missing")
        elif entry.previous_hash != report.hash:
            report.add_problem(f"entry {entry.seq} does not follow the one before it")
        _check_entry(report, entry)
        if marks.get(entry.seq, entry.hash) != entry.hash:
            report.add_problem(f"entry {entry.seq} is not the one that was there")
        report.seq, report.hash = entry.seq, entry.hash
        report.entries += 1


def _begin(report: ChainReport, anchor: AuditAnchor | None, first: AuditEntry) -> None:
    """A purge that was interrupted left entries its anchor covers; they must lead to it."""
    if anchor is not None and first.seq <= anchor.seq:
        report.seq, report.hash = first.seq - 1, first.previous_hash
    is_beginning = anchor is None and first.seq == 1
    if is_beginning and first.action != _CREATION and _is_logged_from_creation(report.workspace_id):
        report.add_problem("the log does not begin with the workspace's creation: the one before is gone")


def _is_logged_from_creation(workspace_id: str) -> bool:
    """Whether the workspace is there, and was made when there was a log already."""
    app, name = _LOG_BEGAN
    began = MigrationRecorder.Migration.objects.filter(app=app, name=name).values_list("applied", flat=True).first()
    workspaces = Workspace.objects.filter(pk=workspace_id)
    return (workspaces if began is None else workspaces.filter(created_at__gte=began)).exists()


def _check_entry(report: ChainReport, entry: AuditEntry) -> None:
    if entry_hash(entry) != entry.hash:
        report.add_problem(f"entry {entry.seq} ({entry.action}) was changed: its hash is another")
    elif entry.hash_version not in key_versions():
        report.retired += 1
    elif not mac_matches(ENTRY_PURPOSE, entry.hash, entry.hash_version, entry.seal):
        report.add_problem(f"entry {entry.seq} ({entry.action}) is not ours: its seal is another")


def _entries(workspace_id: str, progress: Callable[[int], None]) -> Iterator[AuditEntry]:
    last = -1
    rows = AuditEntry.objects.filter(workspace_id=workspace_id).order_by("seq")
    while chunk := list(rows.filter(seq__gt=last)[:CHUNK_ROWS]):
        yield from chunk
        last = chunk[-1].seq
        progress(len(chunk))

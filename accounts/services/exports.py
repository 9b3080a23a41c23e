"""Exports: asking for one, making it, removing it when it expires.

A worker keeps its lease on an export while it works; when it dies, another starts over under another object name.
"""

import tempfile
import time
import zipfile
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import IO, Any, Final

import structlog
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F, Q

from accounts.errors import ExportLimitReached, ExportRunning
from accounts.models import DataExport, User
from accounts.ports import ExportPart, export_parts
from accounts.services.mail import mail_send
from accounts.signals import export_waiting
from opencode.lib.announce import announce
from opencode.lib.clock import utc_now
from opencode.lib.due import DueMark, Lease, pause_after
from opencode.lib.links import public_url

log = structlog.get_logger(__name__)
KEPT_DAYS: Final = 7
DAILY_LIMIT: Final = 5
"""Exports a person may ask for in a day, workspaces' included."""
MARK: Final = DueMark(DataExport, "due_at", lease=timedelta(minutes=2))
PAUSES: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 3, 4))
PROGRESS_SECONDS: Final = 0.5
SWEEP_EXPORTS: Final = 20
_UNFINISHED: Final = (DataExport.State.WAITING, DataExport.State.RUNNING)


class ExportTakenOver(Exception):
    """The lease is lost: another worker has the export now, or it was removed."""


def export_request(*, user: User, workspace_id: str = "") -> DataExport:
    """Ask for a copy of the person's data, or of the workspace's. Raises ExportRunning, ExportLimitReached."""
    now = utc_now()
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        mine = DataExport.objects.filter(user=user)
        if mine.filter(workspace_id=workspace_id, state__in=_UNFINISHED).exists():
            raise ExportRunning
        if mine.filter(requested_at__gt=now - timedelta(days=1)).count() >= DAILY_LIMIT:
            raise ExportLimitReached(limit=DAILY_LIMIT)
        export = DataExport.objects.create(user=user, workspace_id=workspace_id, requested_at=now, due_at=now)
        announce(export_waiting, export_id=export.pk)
    return export


def export_make(*, export_id: str, now: datetime) -> bool:
    """Make the export. False when it was not due, was taken over, or the attempt failed; the last failure is final."""
    begun: dict[str, Any] = {"state": DataExport.State.RUNNING, "step": "", "done": 0, "total": 0}
    lease = MARK.take(export_id, now=now, attempts=F("attempts") + 1, **begun)
    if lease is None:
        return False
    export = DataExport.objects.select_related("user").get(pk=export_id)
    try:
        _make(export, lease)
    except ExportTakenOver:
        return False
    except Exception:
        log.exception("export_failed", export=export_id, attempt=export.attempts)
        _note_failure(export, lease)
        return False
    return True


def exports_due(*, now: datetime) -> list[str]:
    """Ids of the exports that are due, the oldest first."""
    return MARK.ids(now=now, limit=SWEEP_EXPORTS)


def exports_expire(*, now: datetime) -> int:
    """Remove the objects of expired exports; returns how many. A storage error is tried again at the next sweep.

    Failed exports are included: an attempt may have been killed after it had stored its object.
    """
    ready = Q(state=DataExport.State.READY, expires_at__lte=now)
    failed = Q(state=DataExport.State.FAILED, attempts__gt=0, requested_at__lte=now - timedelta(days=KEPT_DAYS))
    past = list(DataExport.objects.filter(ready | failed)[:SWEEP_EXPORTS])
    return sum(_expire(export) for export in past)


def exports_delete(*, user_id: str) -> None:
    """Delete every export of the person and its objects. Raises what the storage raises."""
    for export in DataExport.objects.filter(user_id=user_id):
        _remove_objects(export)
        export.delete()


def export_object_name(export_id: str, attempt: int) -> str:
    return f"exports/{export_id}/{attempt}.zip"


def _make(export: DataExport, lease: Lease[DataExport]) -> None:
    progress = Progress(lease)
    with tempfile.TemporaryFile() as file:
        _write_zip(file, export_parts(export.user_id, export.workspace_id), progress)
        size = file.tell()
        file.seek(0)
        name = export_object_name(export.pk, export.attempts)
        default_storage.delete(name)
        default_storage.save(name, File(file, name))
    if not _finish(export, lease, name, size):
        default_storage.delete(name)
        raise ExportTakenOver


def _write_zip(file: IO[bytes], parts: Sequence[ExportPart], progress: "Progress") -> None:
    progress.begin(sum(part.count for part in parts))
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in parts:
            progress.step(part.title)
            for exported in part.files:
                with archive.open(exported.path, "w", force_zip64=True) as member:
                    for chunk in exported.chunks:
                        member.write(chunk)
                        progress.tick()
                progress.advance()


class Progress:
    """Writes the progress to the export's row, at most twice a second; each write also extends the lease."""

    def __init__(self, lease: Lease[DataExport]) -> None:
        self._lease = lease
        self._done, self._step, self._written_at = 0, "", 0.0

    def begin(self, total: int) -> None:
        self._write(total=total)

    def step(self, title: str) -> None:
        self._step = title
        self._write()

    def advance(self) -> None:
        self._done += 1
        self.tick()

    def tick(self) -> None:
        if time.monotonic() - self._written_at >= PROGRESS_SECONDS:
            self._write()

    def _write(self, **more: Any) -> None:
        self._written_at = time.monotonic()
        if not self._lease.extend(now=utc_now(), done=self._done, step=self._step, **more):
            raise ExportTakenOver


def _finish(export: DataExport, lease: Lease[DataExport], name: str, size: int) -> bool:
    now = utc_now()
    with transaction.atomic():
        is_ready = lease.release(
            due_at=None,
            state=DataExport.State.READY,
            object_name=name,
            bytes=size,
            done=F("total"),
            ready_at=now,
            expires_at=now + timedelta(days=KEPT_DAYS),
        )
        if is_ready:
            url = public_url("accounts:export", export.pk)
            mail_send(
                to=export.user.email,
                template="accounts/mail/export_ready.html",
                context={"url": url, "days": KEPT_DAYS, "is_workspaces": bool(export.workspace_id)},
            )
    return is_ready


def _note_failure(export: DataExport, lease: Lease[DataExport]) -> None:
    pause = pause_after(export.attempts, PAUSES)
    if pause is None:
        lease.release(due_at=None, state=DataExport.State.FAILED)
    else:
        lease.release(due_at=utc_now() + pause, state=DataExport.State.WAITING)


def _expire(export: DataExport) -> bool:
    try:
        _remove_objects(export)
    except Exception:
        log.exception("expired_export_kept", export=export.pk)
        return False
    is_failed = export.state == DataExport.State.FAILED
    gone = {"attempts": 0} if is_failed else {"state": DataExport.State.EXPIRED, "object_name": ""}
    DataExport.objects.filter(pk=export.pk).update(**gone)
    return True


def _remove_objects(export: DataExport) -> None:
    """Delete the object of every attempt: one may have been killed after it had stored its own."""
    for name in _object_names(export):
        default_storage.delete(name)


def _object_names(export: DataExport) -> Iterator[str]:
    return (export_object_name(export.pk, attempt) for attempt in range(1, export.attempts + 1))

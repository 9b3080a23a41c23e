"""Downloads of a session's stored snapshots."""

from collections.abc import AsyncIterator
from typing import Final

import structlog
from asgiref.sync import sync_to_async
from django.core.files.base import File
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header, quote_etag

from opencode.lib.errors import NotFound
from sync.archive import latest_snapshot, snapshot_storage
from sync.models import Session, Snapshot
from sync.pages.history import snapshot_of
from sync.pages.reading import member_reading, read_only

log = structlog.get_logger(__name__)
CHUNK_BYTES: Final = 256 * 1024


@read_only
def snapshot_download(request: HttpRequest, slug: str, client_id: str) -> HttpResponseBase:
    """The latest snapshot as it was stored: gzip over JSON lines. Raises NotFound while there is none."""
    session = member_reading(request, slug, client_id).session
    snapshot = latest_snapshot(session)
    if snapshot is None:
        raise NotFound("This session has no snapshot yet; the first is written seconds after it changed.")
    return _download(session, snapshot)


@read_only
def snapshot_file(request: HttpRequest, slug: str, client_id: str, snapshot_id: str) -> HttpResponseBase:
    """Any stored snapshot of the session as it was stored: gzip over JSON lines."""
    session = member_reading(request, slug, client_id).session
    return _download(session, snapshot_of(session, snapshot_id))


def _download(session: Session, snapshot: Snapshot) -> StreamingHttpResponse:
    name = content_disposition_header(True, f"{session.client_id}-{snapshot.seq}.jsonl.gz")
    return StreamingHttpResponse(
        _chunks(_open(snapshot)),
        content_type="application/gzip",
        headers={
            "Content-Disposition": name or "attachment",
            "Content-Length": str(snapshot.bytes),
            "ETag": quote_etag(snapshot.sha256),
            "Cache-Control": "private, no-cache",
        },
    )


def _open(snapshot: Snapshot) -> File[bytes]:
    try:
        return snapshot_storage().open(snapshot.object_name)
    except OSError as error:
        log.exception("snapshot_unreadable", session=snapshot.session_id, object=snapshot.object_name)
        raise NotFound("The snapshot cannot be read now.") from error


async def _chunks(file: File[bytes]) -> AsyncIterator[bytes]:
    """The file in pieces, read in a thread: the storage may be slow, and the event loop serves all requests."""
    read = sync_to_async(file.read, thread_sensitive=False)
    try:
        while chunk := await read(CHUNK_BYTES):
            yield chunk
    finally:
        await sync_to_async(file.close, thread_sensitive=False)()

"""Whether this process can serve: the database answers and has every migration, the data directory is writable."""

import tempfile

import structlog
from django.conf import settings
from django.db import DatabaseError, connection

from accounts.selectors.mails import is_mail_late
from gateway.spool.files import spool_writable
from opencode.lib.clock import utc_now
from opencode.server.preparation import pending_migrations
from sync.archive import snapshot_delays

log = structlog.get_logger(__name__)


def readiness_problems() -> list[str]:
    """The problems, by name: `database`, `migrations`, `data_directory`; empty when ready."""
    return [*_database_problems(), *_data_directory_problems()]


def degradations() -> list[str]:
    """What is late or missing while the process serves: `object_storage`, `worker`, `mail`, `spool`.

    Call it only when ready.
    """
    now = utc_now()
    spool = [] if spool_writable(settings.SPOOL_DIR) else ["spool"]
    try:
        return [*snapshot_delays(now=now), *(["mail"] if is_mail_late(now=now) else []), *spool]
    except DatabaseError:
        log.exception("database_unreachable")
        return ["database"]


def _database_problems() -> list[str]:
    try:
        if _Schema.is_complete:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        else:
            _Schema.is_complete = not pending_migrations()
    except DatabaseError:
        log.exception("database_unreachable")
        return ["database"]
    return [] if _Schema.is_complete else ["migrations"]


def _data_directory_problems() -> list[str]:
    try:
        with tempfile.TemporaryFile(dir=settings.DATA_DIR) as file:
            file.write(b"ready")
    except OSError:
        log.exception("data_directory_unwritable", data_dir=str(settings.DATA_DIR))
        return ["data_directory"]
    return []


class _Schema:
    """Migrations are only ever added: a schema once complete for this process's code stays complete."""

    is_complete = False

"""Prepares a data directory before the server may serve: the schema, and static files under hashed names.

Both steps are skipped, cheaply, when there is nothing to do, so that every start but the first is quick.
"""

import hashlib
import json
from pathlib import Path
from typing import Final

import structlog
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

log = structlog.get_logger(__name__)
STAMP: Final = ".collected"


def pending_migrations() -> list[str]:
    """`app.name` of every migration not yet applied to the database, in the order they would run."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _backwards in plan]


def schema_prepare() -> int:
    """Migrate the database to the present schema; returns how many migrations ran."""
    pending = pending_migrations()
    if pending:
        log.info("database_migrating", migrations=len(pending))
        call_command("migrate", interactive=False, verbosity=0)
    return len(pending)


def static_files_prepare() -> bool:
    """Collect the static files if any changed since the last time; returns whether any had."""
    target = Path(settings.STATIC_ROOT)
    stamp, fingerprint = target / STAMP, _static_fingerprint()
    if stamp.exists() and stamp.read_text() == fingerprint:
        return False
    call_command("collectstatic", interactive=False, clear=target.exists(), verbosity=0)
    stamp.write_text(fingerprint)
    return True


def _static_fingerprint() -> str:
    """A hash over the path, size and change time of each file, and over the way they are stored."""
    found: list[tuple[str, int, int]] = []
    for finder in get_finders():
        for name, storage in finder.list([]):
            about = Path(storage.path(name)).stat()
            found.append((storage.path(name), about.st_size, about.st_mtime_ns))
    text = json.dumps([settings.STORAGES["staticfiles"], sorted(found)])
    return hashlib.sha256(text.encode()).hexdigest()

"""Reading the audit log as tests do, and what stands in the way of emptying its tables after a test."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.db.backends.base.operations import BaseDatabaseOperations

from workspaces.models import AuditEntry, Workspace

TABLES = ("workspaces_auditentry", "workspaces_auditanchor")


def audited(workspace: Workspace, *actions: str) -> list[AuditEntry]:
    """The workspace's entries with one of these actions, the oldest first."""
    return list(AuditEntry.objects.filter(workspace=workspace, action__in=actions).order_by("seq"))


def last_audited(workspace: Workspace) -> dict[str, Any]:
    """What the newest entry says of who did what to what."""
    entry = AuditEntry.objects.filter(workspace=workspace).order_by("-seq").first()
    assert entry is not None
    return {
        "actor": (entry.actor_kind, entry.actor_id),
        "ip": entry.ip,
        "action": entry.action,
        "target": entry.target_id,
    }


def triggers() -> dict[str, str]:
    """The statement that makes each trigger of the audit log, by name."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit%'")
            return dict(cursor.fetchall())
        cursor.execute("SHOW TRIGGERS")
        return {
            name: f"CREATE TRIGGER {name} {timing} {event} ON {table} FOR EACH ROW {statement}"
            for name, event, table, statement, timing, *_ in cursor.fetchall()
        }


@contextmanager
def without_triggers() -> Iterator[None]:
    """As somebody who may change the schema would do it."""
    made = triggers()
    execute_all(f"DROP TRIGGER {name}" for name in made)
    try:
        yield
    finally:
        execute_all(made.values())


def execute_all(statements: Any) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@pytest.fixture(scope="session", autouse=True)
def audit_tables_can_be_emptied() -> Iterator[None]:
    """Emptying the database after a test goes around the triggers: by TRUNCATE on MySQL, without them on SQLite."""
    empty = BaseDatabaseOperations.execute_sql_flush

    def around(operations: BaseDatabaseOperations, sql_list: list[str]) -> None:
        if connection.vendor != "sqlite":
            empty(operations, [_truncating(sql) for sql in sql_list])
            return
        with without_triggers():
            empty(operations, sql_list)

    patch = pytest.MonkeyPatch()
    patch.setattr(BaseDatabaseOperations, "execute_sql_flush", around)
    yield
    patch.undo()


def _truncating(sql: str) -> str:
    is_ours = any(f"`{table}`" in sql for table in TABLES)
    return sql.replace("DELETE FROM", "TRUNCATE") if is_ours else sql

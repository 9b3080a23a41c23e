"""Empties the database after a test that commits: of the tables only those that have rows.

Django empties all of them and then does what follows a migration, which takes ten times as long. What migrations left
stays, unless a test has changed it.
"""

from collections.abc import Iterator
from contextlib import nullcontext
from typing import Final

import pytest
from django.db import connection, transaction
from django.test import TransactionTestCase

from tests.support.audit import TABLES, execute_all, without_triggers

MIGRATED: Final = ("django_content_type", "auth_permission", "auth_group", "auth_group_permissions")
"""What is made after each migration, and no test should change in passing."""

Counts = tuple[int, ...]


def migrated() -> Counts:
    """How many rows there are of what migrations make."""
    counts = ", ".join(f"(SELECT COUNT(*) FROM {table})" for table in MIGRATED)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {counts}")
        found: Counts = cursor.fetchone()
    return found


def filled() -> list[str]:
    """The tables that have rows, but for what migrations left."""
    names = set(connection.introspection.django_table_names(only_existing=True, include_views=False)) - {*MIGRATED}
    one_each = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {name})" for name in sorted(names))
    with connection.cursor() as cursor:
        cursor.execute(one_each.replace("WHERE", "FROM DUAL WHERE") if connection.vendor == "mysql" else one_each)
        return [row[0] for row in cursor.fetchall()]


def empty(names: list[str]) -> None:
    """Around the triggers: by TRUNCATE on MySQL, without them on SQLite."""
    if connection.vendor == "sqlite":
        is_audited = not {*TABLES}.isdisjoint(names)
        with transaction.atomic(), without_triggers() if is_audited else nullcontext():
            execute_all(f"DELETE FROM {name}" for name in names)
        return
    verbs = {name: "TRUNCATE" if name in TABLES else "DELETE FROM" for name in names}
    execute_all(["SET FOREIGN_KEY_CHECKS = 0"])
    with transaction.atomic():
        execute_all(f"{verb} {name}" for name, verb in sorted(verbs.items(), key=lambda each: each[1]))
    execute_all(["SET FOREIGN_KEY_CHECKS = 1"])


@pytest.fixture(scope="session", autouse=True)
def database_is_emptied_by_need() -> Iterator[None]:
    set_up, as_django_does = TransactionTestCase._fixture_setup, TransactionTestCase._fixture_teardown
    left: list[Counts] = []

    def note(case: type[TransactionTestCase]) -> None:
        set_up.__func__(case)
        left.extend([] if left else [migrated()])

    def tear_down(case: TransactionTestCase) -> None:
        if migrated() == left[0]:
            empty(filled())
        else:
            as_django_does(case)

    patch = pytest.MonkeyPatch()
    patch.setattr(TransactionTestCase, "_fixture_setup", classmethod(note))
    patch.setattr(TransactionTestCase, "_fixture_teardown", tear_down)
    yield
    patch.undo()

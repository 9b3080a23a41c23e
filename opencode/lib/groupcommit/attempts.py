"""Commits items together, and tells what is worth another attempt from what one row alone has to bear."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import structlog
from django.db import DatabaseError, InterfaceError, OperationalError, connection

from opencode.lib.errors import Denial, InternalError, ServiceUnavailable, StorageFull
from opencode.lib.groupcommit.items import Item

log = structlog.get_logger(__name__)
T = TypeVar("T", bound=Item)
C = TypeVar("C")

ATTEMPTS: Final = 5
# Error numbers of MySQL and MariaDB: lock wait timeout; deadlock; a connection that was cut, went away or is silent.
LOCK_WAITED: Final = 1205
DEADLOCK: Final = 1213
CONNECTION_LOST: Final = {2002, 2003, 2006, 2013, 2055, 4031}
# A full disk, as MySQL and MariaDB say it and as SQLite does.
DISK_FULL: Final = {1021, 1114, "database or disk is full"}

CommitOnce = Callable[[Sequence[T]], tuple[list[C], list[T]]]
"""One transaction: sets the outcomes; returns what was committed, and the items whose rows are locked elsewhere."""


def commit_items(items: Sequence[T], commit_once: CommitOnce[T, C]) -> tuple[list[C], list[T]]:
    """Commit durably; returns what was committed, and the items whose rows another transaction holds.

    Every item but those gets its outcome. A deadlock is retried, a lost connection replaced once. On any other error
    the items of each row are committed by themselves, so that an error of one never fails another's.
    """
    is_new_connection = False
    for _ in range(ATTEMPTS):
        try:
            return commit_once(items)
        except (OperationalError, InterfaceError) as error:
            if _code(error) in CONNECTION_LOST and not connection.in_atomic_block:
                # Whether a commit that was under way succeeded is unknown: a repeat of each item has to be harmless.
                connection.close()
                if is_new_connection:
                    log.warning("database_gone", exc_info=True)
                    _refuse(items, ServiceUnavailable(retry_after=1))
                    return [], []
                is_new_connection = True
            elif _code(error) != DEADLOCK:
                log.warning("commit_failed_together", exc_info=True)
                break
        except Exception:
            log.exception("commit_failed_together")
            break
    return _commit_row_by_row(items, commit_once)


def commit_safely(items: Sequence[T], commit: CommitOnce[T, C]) -> tuple[list[C], list[T]]:
    """Commit; an unexpected error refuses the items instead of ending the thread that all of them depend on."""
    try:
        commits, locked = commit(items)
    except Exception:
        log.exception("commit_broke")
        for item in items:
            # Receipts too: it is not known whether what they promise was committed.
            item.outcome = InternalError()
        return [], []
    waiting = set(map(id, locked))
    for item in items:
        if item.outcome is None and id(item) not in waiting:
            item.outcome = InternalError()
    return commits, locked


def by_row(items: Sequence[T]) -> dict[int, list[T]]:
    groups: dict[int, list[T]] = defaultdict(list)
    for item in items:
        groups[item.row_id].append(item)
    return groups


def _commit_row_by_row(items: Sequence[T], commit_once: CommitOnce[T, C]) -> tuple[list[C], list[T]]:
    commits: list[C] = []
    waiting: list[T] = []
    groups = list(by_row(items).values())
    while groups:
        group = groups.pop(0)
        try:
            done, locked = commit_once(group)
        except OperationalError as error:
            if _code(error) in {LOCK_WAITED, DEADLOCK}:
                _refuse(group, None)
                waiting += group
                continue
            # The database as a whole is locked, full or gone: the other rows would only wait for it in turn.
            log.exception("commit_failed", row=group[0].row_id)
            denial = StorageFull(retry_after=10) if _code(error) in DISK_FULL else ServiceUnavailable(retry_after=1)
            _refuse([item for refused in (group, *groups) for item in refused], denial)
            break
        except Exception as error:
            log.exception("commit_failed", row=group[0].row_id)
            _refuse(group, ServiceUnavailable() if isinstance(error, DatabaseError) else InternalError())
        else:
            commits += done
            waiting += locked
    return commits, waiting


def _code(error: Exception) -> object:
    """The error's number on MySQL and MariaDB, its text on SQLite."""
    return error.args[0] if error.args else None


def _refuse(items: Sequence[Item], denial: Denial | None) -> None:
    for item in items:
        item.outcome = denial

"""Timeouts of a thread's database connection: for a server that does not answer, and for locks held by others.

Not part of the settings, as migrations and commands may take longer.
"""

from typing import Final

from django.db import OperationalError, connection

CONNECT_SECONDS: Final = 5
ANSWER_SECONDS: Final = 10
LOCK_SECONDS: Final = 2
# A page may erase the largest session in one statement; an agent's post may wait until that is done.
PAGE_ANSWER_SECONDS: Final = 60
PAGE_LOCK_SECONDS: Final = 30
# A person sees within three seconds that another request holds the lock, and keeps what they typed.
FORM_LOCK_SECONDS: Final = 2
_MYSQL_LOCK_ERRORS: Final = frozenset({1205, 1213})


def bound_connection(answer_seconds: int = ANSWER_SECONDS, lock_seconds: int = LOCK_SECONDS) -> None:
    """Set the timeouts of a shared thread, before its first query; a query beyond them raises OperationalError."""
    own = connection.settings_dict
    if connection.vendor == "sqlite" and lock_seconds < own["OPTIONS"].get("timeout", 0):
        connection.settings_dict = {**own, "OPTIONS": {**own["OPTIONS"], "timeout": lock_seconds}}
        return
    if connection.vendor != "mysql" or "read_timeout" in own["OPTIONS"]:
        return
    bounds = {
        "connect_timeout": CONNECT_SECONDS,
        "read_timeout": answer_seconds,
        "write_timeout": answer_seconds,
        "init_command": f"SET SESSION innodb_lock_wait_timeout = {lock_seconds}, lock_wait_timeout = {lock_seconds}",
    }
    # All threads share the settings' dictionary, so it is copied.
    connection.settings_dict = {**own, "OPTIONS": {**own["OPTIONS"], **bounds}}


def is_lock_wait_over(error: BaseException | None) -> bool:
    """Whether a query gave up waiting for a lock; a later attempt may succeed."""
    if not isinstance(error, OperationalError):
        return False
    return "is locked" in str(error) or (error.args[:1] != () and error.args[0] in _MYSQL_LOCK_ERRORS)

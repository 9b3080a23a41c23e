"""How long a thread's connection waits: for a server that has fallen silent, for locks that others hold.

Not among the settings, since migrations and commands may take long.
"""

from typing import Final

from django.db import OperationalError, connection

CONNECT_SECONDS: Final = 5
ANSWER_SECONDS: Final = 10
LOCK_SECONDS: Final = 2
# A page may erase the largest session, in one statement; an agent's post may wait until one has been written.
PAGE_ANSWER_SECONDS: Final = 60
PAGE_LOCK_SECONDS: Final = 30
# A person is told within three seconds that somebody else holds what they wait for, and keeps what they typed.
FORM_LOCK_SECONDS: Final = 2
_MYSQL_LOCK_ERRORS: Final = frozenset({1205, 1213})


def bound_connection(answer_seconds: int = ANSWER_SECONDS, lock_seconds: int = LOCK_SECONDS) -> None:
    """For a thread that many wait for, before its first query; beyond the bounds a query is an OperationalError."""
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
    # The settings are one object for all threads.
    connection.settings_dict = {**own, "OPTIONS": {**own["OPTIONS"], **bounds}}


def is_lock_wait_over(error: BaseException | None) -> bool:
    """Whether a query gave up on a lock that others hold: trying again later may do."""
    if not isinstance(error, OperationalError):
        return False
    return "is locked" in str(error) or (error.args[:1] != () and error.args[0] in _MYSQL_LOCK_ERRORS)

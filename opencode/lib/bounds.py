"""How long a thread's connection waits: for a server that has fallen silent, for locks that others hold.

Not among the settings, since migrations and commands may take long. SQLite has its own bound on locks there.
"""

from typing import Final

from django.db import connection

CONNECT_SECONDS: Final = 5
ANSWER_SECONDS: Final = 10
LOCK_SECONDS: Final = 2
# A page may erase the largest session, in one statement, or wait until one has been written.
PAGE_ANSWER_SECONDS: Final = 60
PAGE_LOCK_SECONDS: Final = 30


def bound_connection(answer_seconds: int = ANSWER_SECONDS, lock_seconds: int = LOCK_SECONDS) -> None:
    """For a thread that many wait for, before its first query; beyond the bounds a query is an OperationalError."""
    own = connection.settings_dict
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

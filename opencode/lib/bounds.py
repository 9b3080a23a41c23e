"""How long a thread's connection waits: for a server that has fallen silent, for locks that others hold.

Not among the settings, since migrations and commands may take long. SQLite has its own bound on locks there.
"""

from django.db import connection

CONNECT_SECONDS = 5
ANSWER_SECONDS = 10
LOCK_SECONDS = 2
_LOCKS = f"SET SESSION innodb_lock_wait_timeout = {LOCK_SECONDS}, lock_wait_timeout = {LOCK_SECONDS}"


def bound_connection() -> None:
    """For a thread that many wait for, before its first query; beyond the bounds a query is an OperationalError."""
    own = connection.settings_dict
    if connection.vendor != "mysql" or "read_timeout" in own["OPTIONS"]:
        return
    bounds = {
        "connect_timeout": CONNECT_SECONDS,
        "read_timeout": ANSWER_SECONDS,
        "write_timeout": ANSWER_SECONDS,
        "init_command": _LOCKS,
    }
    # The settings are one object for all threads.
    connection.settings_dict = {**own, "OPTIONS": {**own["OPTIONS"], **bounds}}

"""Limits on open files and connections of a process: raised at start, and logged."""

import resource
from functools import cache
from typing import Final

WANTED_FILES: Final = 32_768
"""Each open connection needs one; beyond this number memory would be the limit."""
OWN_FILES: Final = 256
"""Kept for files that are no connections: the database, its threads, logs, objects that are being read."""


def open_files_raise() -> int:
    """Raise this process's limit to WANTED_FILES or what the system allows; returns the limit then."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED_FILES if hard == resource.RLIM_INFINITY else min(WANTED_FILES, hard)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return WANTED_FILES if soft == resource.RLIM_INFINITY else soft
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted


@cache
def connection_room() -> int:
    """How many connections this process accepts at the same time."""
    files = open_files_raise()
    return max(files // 2, files - max(OWN_FILES, files // 8))

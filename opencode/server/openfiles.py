"""How many files and connections a process may have open: raised at start, and told."""

import resource
from functools import cache
from typing import Final

WANTED_FILES: Final = 32_768
"""Each open connection is one; more of them than this would be a question of memory."""
OWN_FILES: Final = 256
"""What is no connection: the database, its threads, logs, objects that are being read."""


def open_files_raise() -> int:
    """Raise this process's limit to WANTED_FILES or what the system allows; answers what it is then."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED_FILES if hard == resource.RLIM_INFINITY else min(WANTED_FILES, hard)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return WANTED_FILES if soft == resource.RLIM_INFINITY else soft
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted


@cache
def connection_room() -> int:
    """How many connections this process takes at the same time."""
    files = open_files_raise()
    return max(files // 2, files - max(OWN_FILES, files // 8))

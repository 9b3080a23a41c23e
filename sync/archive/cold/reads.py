"""Reads of a session's entries, wherever they are."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from sync.archive.cold.gate import warm_wait
from sync.errors import SessionCold
from sync.store import SessionIsCold

T = TypeVar("T")
# The session would have to be cooled again between two attempts for the first one to fail.
READ_ATTEMPTS: Final = 3


def read_warm(work: Callable[..., T], *args: Any) -> T:
    """`work(*args)`, after warming a cold session. Raises SessionCold. Blocks: not for event loops."""
    for _ in range(READ_ATTEMPTS):
        try:
            return work(*args)
        except SessionIsCold as cold:
            warm_wait(cold.session_id)
    raise SessionCold(retry_after=1)

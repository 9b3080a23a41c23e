"""Reads of a session's entries, wherever they are."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from sync.archive.cold.gate import warm_wait
from sync.errors import SessionCold
from sync.store import SessionIsCold

T = TypeVar("T")
# Somebody would have to cool it again between two of them.
READ_ATTEMPTS: Final = 3


def read_warm(work: Callable[..., T], *args: Any) -> T:
    """`work(*args)`, after bringing a cold session back. Raises SessionCold. Blocks: not for event loops."""
    for _ in range(READ_ATTEMPTS):
        try:
            return work(*args)
        except SessionIsCold as cold:
            warm_wait(cold.session_id)
    raise SessionCold(retry_after=1)

"""What is stored for a share, read in a reading thread and formatted for an agent."""

from collections.abc import Callable, Iterable
from functools import partial

from sync.agents.patience import patiently
from sync.agents.targets import invalidate_target
from sync.errors import SessionGone
from sync.live import get_runtime
from sync.sharing import ShareTarget
from sync.store import read_state

Form = Callable[[Iterable[tuple[str, str]]], str]


async def stored_text(target: ShareTarget, form: Form) -> bytes:
    """The session's newest values as UTF-8 text in `form`; raises SessionGone, SessionCold."""

    async def read() -> bytes | None:
        return await get_runtime().read_warm(partial(_read, target.session_id, form))

    text = await patiently(read)
    if text is None:
        invalidate_target(target.share_id)
        raise SessionGone
    return text


def _read(session_id: int, form: Form) -> bytes | None:
    state = read_state(session_id)
    return None if state is None else form((row.key, row.content) for row in state.rows).encode("utf-8", "replace")

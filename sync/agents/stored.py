"""What is stored for a share: read in a thread, masked for readers who have only the link, formatted for an agent."""

from collections.abc import Callable, Iterable
from functools import partial

from sync.agents.patience import patiently
from sync.agents.targets import invalidate_target
from sync.errors import SessionGone
from sync.live import SessionAccess, get_runtime
from sync.store import StateRead, read_state

Form = Callable[[Iterable[tuple[str, str]]], str]


async def stored_text(access: SessionAccess, form: Form) -> bytes:
    """The session's newest values as UTF-8 text in `form`; raises SessionGone, SessionCold."""
    runtime = get_runtime()
    state = await patiently(partial(runtime.read_warm, read_state, access.session_id))
    if state is None:
        invalidate_target(access.share_id)
        raise SessionGone
    if access.is_masked:
        state = await runtime.masking.state(state)
    return await runtime.read(_formatted, state, form)


def _formatted(state: StateRead, form: Form) -> bytes:
    return form((row.key, row.content) for row in state.rows).encode("utf-8", "replace")

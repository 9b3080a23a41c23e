"""Writes what asks have become into their sessions' logs, through the one way to publish."""

from collections.abc import Sequence

import structlog

from opencode.lib.asgi.threads import in_thread
from opencode.lib.clock import utc_now
from opencode.lib.errors import Denial, ServiceUnavailable
from steering.services.projection import (
    Projection,
    projection_done,
    projection_put_off,
    projections_due,
    projections_of,
)
from sync.errors import SessionGone
from sync.live import session_publish

log = structlog.get_logger(__name__)


async def asks_project(ask_ids: Sequence[str]) -> None:
    """Write the entries of these asks. What fails is tried again at a beat."""
    if ask_ids:
        for projection in await in_thread(projections_of, ask_ids, now=utc_now()):
            await _project(projection)


async def asks_project_due() -> None:
    """Write what was not written when it changed."""
    for projection in await in_thread(projections_due, now=utc_now()):
        await _project(projection)


async def _project(projection: Projection) -> None:
    try:
        await session_publish(
            session_id=projection.session_id,
            keys=[projection.key],
            resolve=projection.resolve,
            size=len(projection.content),
        )
    except (ServiceUnavailable, SessionGone):
        # Tried again at the next beat; the asks of an erased session went with it.
        return
    except Denial as denial:
        log.warning("ask_not_projected", ask=projection.ask_id, code=denial.code)
        await in_thread(projection_put_off, projection, now=utc_now())
        return
    await in_thread(projection_done, projection)

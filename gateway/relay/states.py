"""Writes what calls say of the credentials they used, a moment later: no call waits for it."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import structlog
from cachetools import LRUCache
from django.conf import settings

from gateway.relay.choosing import CREDENTIALS
from gateway.selectors.routing import Candidate
from gateway.services.credential_states import credential_failed, credential_refused, credential_worked
from opencode.lib.asgi.threads import in_thread
from opencode.lib.clock import utc_now

log = structlog.get_logger(__name__)


class CredentialStates:
    """A change is written once, until the next one of the same credential."""

    def __init__(self) -> None:
        self._known: LRUCache[str, bool] = LRUCache(CREDENTIALS)
        self._tasks: set[asyncio.Task[None]] = set()

    def failed(self, candidate: Candidate, said: str, *, is_refused: bool) -> None:
        """It did not serve a call; `said` is in our own words."""
        if self._changes(candidate, works=False):
            note = credential_refused if is_refused else credential_failed
            cool_for = timedelta(seconds=settings.GATEWAY_COOL_SECONDS)
            self._write(
                partial(note, credential_id=candidate.credential_id, said=said, cool_for=cool_for, now=utc_now())
            )

    def worked(self, candidate: Candidate) -> None:
        """It served a call."""
        if self._changes(candidate, works=True):
            self._write(partial(credential_worked, credential_id=candidate.credential_id))

    async def close(self) -> None:
        """Wait for what is being written."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _changes(self, candidate: Candidate, *, works: bool) -> bool:
        if self._known.get(candidate.credential_id) is works:
            return False
        self._known[candidate.credential_id] = works
        return True

    def _write(self, write: Callable[[], object]) -> None:
        task = asyncio.ensure_future(_written(write))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _written(write: Callable[[], object]) -> None:
    try:
        await in_thread(write)
    except Exception:
        log.exception("credential_state_unwritten")

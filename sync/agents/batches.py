"""From a body to commits: decoded beside the loop when it is large, published in pieces the writer can take."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from django.conf import settings

from opencode.lib.asgi.threads import in_thread
from opencode.lib.errors import BodyMalformed
from sync.agents.patience import PATIENCE_SECONDS, patiently
from sync.agents.targets import forget_target
from sync.archive import items_hold
from sync.errors import SessionCold, SessionGone
from sync.items.bodies import BodyUnusable
from sync.items.items import Item
from sync.items.merge import resolver_of
from sync.items.pieces import pieces_of
from sync.live import get_runtime, session_publish
from sync.sharing import ShareTarget
from sync.writer import LOCKED_SECONDS

# Decoding this much takes about a millisecond.
INLINE_BYTES = 256 * 1024
T = TypeVar("T")


async def decoded(work: Callable[[], T], size: int) -> T:
    """What `work` makes of `size` bytes, in a thread when they are many; an unusable body is BodyMalformed."""
    try:
        return work() if size <= INLINE_BYTES else await asyncio.to_thread(work)
    except BodyUnusable as error:
        raise BodyMalformed(f"{str(error)[:1].upper()}{str(error)[1:]}.") from None


async def publish_items(target: ShareTarget, items: Sequence[Item]) -> None:
    """Commit the items, merged with what is stored; every piece waits for a full queue or a locked database.

    What comes for a cold session that cannot be brought back now is held for it, as durably as a commit.
    """
    for piece in pieces_of(items):
        delay = get_runtime().pace.reserve(target.share_id, PATIENCE_SECONDS)
        if delay:
            await asyncio.sleep(delay)
        try:
            await patiently(partial(_publish_or_hold, target.session_id, piece))
        except SessionGone:
            forget_target(target.share_id)
            raise


async def _publish_or_hold(session_id: int, piece: Sequence[Item]) -> None:
    """The wait for the session may have used up the patience there was, so what comes after it has its own."""
    publish = partial(
        session_publish,
        session_id=session_id,
        keys=list(dict.fromkeys(item.key for item in piece)),
        resolve=resolver_of(piece, settings.SYNC_ENTRY_BYTES),
        size=sum(len(item.content) for item in piece) + 200,
    )
    try:
        await publish()
    except SessionCold:
        hold = partial(in_thread, items_hold, session_id=session_id, items=piece)
        # The row is locked for as long as the session's entries are being written.
        if not await patiently(hold, seconds=LOCKED_SECONDS, passing=()):
            await patiently(publish)

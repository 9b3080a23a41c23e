"""From a body to commits: decoded beside the loop when it is large, published in pieces the writer can take."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TypeVar

from django.conf import settings

from opencode.lib.errors import BodyMalformed
from sync.agent.bodies import BodyUnusable
from sync.agent.items import Item
from sync.agent.merge import resolver_of
from sync.agent_routes.patience import PATIENCE_SECONDS, patiently
from sync.agent_routes.targets import forget_target
from sync.errors import SessionGone
from sync.runtime import get_runtime
from sync.selectors.shares import ShareTarget
from sync.services.publishing import session_publish

# Decoding this much takes about a millisecond.
INLINE_BYTES = 256 * 1024
PIECE_ITEMS = 1000
PIECE_CHARACTERS = 8 * 1024 * 1024
T = TypeVar("T")


async def decoded(work: Callable[[], T], size: int) -> T:
    """What `work` makes of `size` bytes, in a thread when they are many; an unusable body is BodyMalformed."""
    try:
        return work() if size <= INLINE_BYTES else await asyncio.to_thread(work)
    except BodyUnusable as error:
        raise BodyMalformed(f"{str(error)[:1].upper()}{str(error)[1:]}.") from None


async def publish_items(target: ShareTarget, items: Sequence[Item]) -> None:
    """Commit the items, merged with what is stored; every piece waits for a full queue or a locked database."""
    for piece in pieces_of(items):
        delay = get_runtime().pace.reserve(target.share_id, PATIENCE_SECONDS)
        if delay:
            await asyncio.sleep(delay)
        publish = partial(
            session_publish,
            session_id=target.session_id,
            keys=list(dict.fromkeys(item.key for item in piece)),
            resolve=resolver_of(piece, settings.SYNC_ENTRY_BYTES),
            size=sum(len(item.content) for item in piece) + 200,
        )
        try:
            await patiently(publish)
        except SessionGone:
            forget_target(target.share_id)
            raise


def pieces_of(items: Sequence[Item]) -> Iterator[list[Item]]:
    """Runs of items that one commit takes without holding up the other sessions for long."""
    piece: list[Item] = []
    size = 0
    for item in items:
        if piece and (len(piece) >= PIECE_ITEMS or size + len(item.content) > PIECE_CHARACTERS):
            yield piece
            piece, size = [], 0
        piece.append(item)
        size += len(item.content)
    if piece:
        yield piece

"""From a body to commits: decoded beside the loop when it is large, published in pieces the writer can take."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Final, TypeVar

from django.conf import settings

from opencode.lib.asgi.threads import in_thread
from opencode.lib.errors import BodyMalformed, Denial, ServiceUnavailable
from sync.agents.patience import PATIENCE_SECONDS, patiently
from sync.agents.rights import writer_of
from sync.agents.targets import WritingRights, forget_target
from sync.archive import items_hold
from sync.errors import SessionCold, SessionGone
from sync.items.bodies import BodyUnusable
from sync.items.items import Item
from sync.items.merge import resolver_of
from sync.items.pieces import pieces_of
from sync.live import Connection, get_runtime, publish_turn, session_publish
from sync.protocol.updates import Resolver, Stored, Update
from sync.writer import LOCKED_SECONDS

# Each asks the database; only one that answers later than a heartbeat each time uses them up.
RIGHTS_ATTEMPTS: Final = 3
# Decoding this much takes about a millisecond.
INLINE_BYTES: Final = 256 * 1024
T = TypeVar("T")
Ask = Callable[[], Awaitable[WritingRights]]


class RightsUnconfirmed(Denial):
    """What allowed the batch has ended, or was not confirmed for a heartbeat: it is asked for anew. Never answered."""


async def decoded(work: Callable[[], T], size: int) -> T:
    """What `work` makes of `size` bytes, in a thread when they are many; an unusable body is BodyMalformed."""
    try:
        return work() if size <= INLINE_BYTES else await asyncio.to_thread(work)
    except BodyUnusable as error:
        raise BodyMalformed(f"{str(error)[:1].upper()}{str(error)[1:]}.") from None


async def publish_items(
    ask: Callable[[], Awaitable[WritingRights]], rights: WritingRights, items: Sequence[Item]
) -> None:
    """Commit the items, merged with what is stored; every piece waits for a full queue or a locked database.

    However long it waits, it is committed only while the rights stand; what has become of them is asked by `ask`, which
    raises when they ended. What comes for a cold session that cannot be brought back now is held for it, as durably as
    a commit.
    """
    with get_runtime().connections.request(writer_of(rights.target), is_held_back=True) as sender:
        for piece in pieces_of(items):
            await publish_turn(sender, PATIENCE_SECONDS)
            rights = await _publish_piece(ask, rights, sender, piece)


async def _publish_piece(ask: Ask, rights: WritingRights, sender: Connection, piece: Sequence[Item]) -> WritingRights:
    """The rights by which it was committed."""
    for _ in range(RIGHTS_ATTEMPTS):
        if not rights.stand:
            rights = await ask()
        try:
            await patiently(partial(_publish_or_hold, rights, sender, piece))
        except RightsUnconfirmed:
            continue
        except SessionGone:
            forget_target(rights.target.share_id)
            raise
        return rights
    raise ServiceUnavailable(retry_after=1)


async def _publish_or_hold(rights: WritingRights, sender: Connection, piece: Sequence[Item]) -> None:
    """The wait for the session may have used up the patience there was, so what comes after it has its own."""
    publish = partial(
        session_publish,
        session_id=sender.access.session_id,
        sender=sender,
        keys=list(dict.fromkeys(item.key for item in piece)),
        resolve=_while_standing(rights, resolver_of(piece, settings.SYNC_ENTRY_BYTES)),
        size=sum(len(item.content) for item in piece) + 200,
    )
    try:
        await publish()
    except SessionCold:
        sender.raise_if_ended()
        hold = partial(in_thread, _hold, rights, piece)
        # The row is locked for as long as the session's entries are being written.
        if not await patiently(hold, seconds=LOCKED_SECONDS, passing=()):
            await patiently(publish)


def _while_standing(rights: WritingRights, resolve: Resolver) -> Resolver:
    """Asked under the session's lock, right before the commit: the batch may have waited for long."""

    def resolve_while_standing(stored: Mapping[str, Stored]) -> list[Update]:
        if not rights.stand:
            raise RightsUnconfirmed
        return resolve(stored)

    return resolve_while_standing


def _hold(rights: WritingRights, piece: Sequence[Item]) -> bool:
    if not rights.stand:
        raise RightsUnconfirmed
    return items_hold(session_id=rights.target.session_id, items=piece)

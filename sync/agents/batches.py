"""From a body to commits: large ones are decoded in a thread, and published in pieces the writer can take."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Final, TypeVar

from django.conf import settings

from opencode.lib.asgi.threads import in_thread
from opencode.lib.errors import BodyMalformed, Denial, ServiceUnavailable
from opencode.lib.groupcommit import LOCKED_SECONDS
from sync.agents.patience import PATIENCE_SECONDS, patiently
from sync.agents.rights import writer_of
from sync.agents.targets import WritingRights, invalidate_target
from sync.archive import items_hold
from sync.errors import SessionCold, SessionGone
from sync.items.bodies import BodyUnusable
from sync.items.items import Item
from sync.items.merge import resolver_of
from sync.items.pieces import pieces_of
from sync.live import Connection, get_runtime, publish_turn, session_publish
from sync.protocol.updates import Resolver, Stored, Update

# Each attempt asks the database; only a database that takes longer than a heartbeat every time uses them all up.
RIGHTS_ATTEMPTS: Final = 3
# Decoding this much takes about a millisecond.
INLINE_BYTES: Final = 256 * 1024
T = TypeVar("T")
Ask = Callable[[], Awaitable[WritingRights]]


class RightsUnconfirmed(Denial):
    """A right the batch depends on has ended or was not confirmed for a heartbeat.

    It is looked up again; no client is ever sent this denial.
    """


async def decoded(work: Callable[[], T], size: int) -> T:
    """The result of `work`, which decodes `size` bytes: in a thread above INLINE_BYTES. Raises BodyMalformed."""
    try:
        return work() if size <= INLINE_BYTES else await asyncio.to_thread(work)
    except BodyUnusable as error:
        raise BodyMalformed(f"{str(error)[:1].upper()}{str(error)[1:]}.") from None


async def publish_items(
    ask: Callable[[], Awaitable[WritingRights]], rights: WritingRights, items: Sequence[Item]
) -> None:
    """Commit the items, merged with what is stored; each piece waits while the queue is full or the database locked.

    However long it waits, a piece is committed only while the rights are confirmed; `ask` looks them up again and
    raises their denial once they have ended. Items for a cold session that cannot be warmed now are held, as durably as
    a commit. Raises SessionGone, ServiceUnavailable, and the refusals that outlast PATIENCE_SECONDS.
    """
    with get_runtime().connections.request(writer_of(rights.target), is_held_back=True) as sender:
        for piece in pieces_of(items):
            await publish_turn(sender, PATIENCE_SECONDS)
            rights = await _publish_piece(ask, rights, sender, piece)


async def _publish_piece(ask: Ask, rights: WritingRights, sender: Connection, piece: Sequence[Item]) -> WritingRights:
    """Publish one piece; returns the rights by which it was committed."""
    for _ in range(RIGHTS_ATTEMPTS):
        if not rights.stand:
            rights = await ask()
        try:
            await patiently(partial(_publish_or_hold, rights, sender, piece))
        except RightsUnconfirmed:
            continue
        except SessionGone:
            invalidate_target(rights.target.share_id)
            raise
        return rights
    raise ServiceUnavailable(retry_after=1)


async def _publish_or_hold(rights: WritingRights, sender: Connection, piece: Sequence[Item]) -> None:
    """Publish one piece, or hold it when its cold session cannot be warmed now.

    The wait for the session may have used up PATIENCE_SECONDS, so the steps after it have a time limit of their own.
    """
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
        # While a session is warmed its row stays locked until all its entries are written.
        if not await patiently(hold, seconds=LOCKED_SECONDS, passing=()):
            await patiently(publish)


def _while_standing(rights: WritingRights, resolve: Resolver) -> Resolver:
    """The resolver, with the rights checked under the session's lock first: the batch may have waited for long."""

    def resolve_while_standing(stored: Mapping[str, Stored]) -> list[Update]:
        if not rights.stand:
            raise RightsUnconfirmed
        return resolve(stored)

    return resolve_while_standing


def _hold(rights: WritingRights, piece: Sequence[Item]) -> bool:
    if not rights.stand:
        raise RightsUnconfirmed
    return items_hold(session_id=rights.target.session_id, items=piece)

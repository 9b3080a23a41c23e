"""Publishing to a session: the one way in, for sockets, pushes, the agents' routes and commands.

The role, the sender's right and its pace are checked here, once. Refusals are counted here and where commits are
settled; the use of a key, when its publish is committed.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Final

from opencode.lib.errors import Denial, TooManyRequests
from opencode.lib.groupcommit import LOCKED_SECONDS
from sync.archive import session_warm
from sync.errors import PublishForbidden, SessionCold
from sync.live.access import EDITOR
from sync.live.connections import Connection
from sync.live.measures import count_refused, count_settled
from sync.live.runtime import Runtime, get_runtime
from sync.protocol.updates import PublishReceipt, Resolver, Update
from sync.writer import Publish, commit_publishes

LOCKED_RETRY_SECONDS: Final = 0.02


def publish_begin(
    *,
    session_id: int,
    updates: Sequence[Update] = (),
    operation_id: str | None = None,
    keys: Sequence[str] = (),
    resolve: Resolver | None = None,
    size: int = 0,
    sender: Connection | None = None,
) -> "asyncio.Future[PublishReceipt]":
    """Queue a publish, all or nothing; the future is its receipt once it is durable, or the Denial.

    `sender` is the connection whose right allows it, None when the console itself publishes. With `resolve`, the
    updates are decided under the session's lock from what is stored for `keys`; give the batch's `size` in bytes then.
    Raises PublishForbidden, TooManyRequests, WriterBusy, and the denial of a sender whose right has ended.
    """
    runtime = get_runtime()
    if sender is not None:
        publish_allow(sender)
    try:
        if sender is not None and not sender.is_held_back:
            _require_pace(runtime, sender)
        return runtime.submit(Publish(session_id, updates, operation_id, keys, resolve, size, sender))
    except Denial as denial:
        count_refused(denial.code)
        raise


async def session_publish(
    *,
    session_id: int,
    updates: Sequence[Update] = (),
    operation_id: str | None = None,
    keys: Sequence[str] = (),
    resolve: Resolver | None = None,
    size: int = 0,
    sender: Connection | None = None,
) -> PublishReceipt:
    """Publish, all or nothing, and return the receipt once it is durable; live readers get the updates by themselves.

    Arguments are those of `publish_begin`. A cold session is warmed first. Raises PublishForbidden, TooManyRequests,
    WriterBusy, the denial of a sender whose right has ended, SessionGone, SessionFull, EntryTooLarge, SessionCold,
    ServiceUnavailable.
    """
    return await publish_begin(
        session_id=session_id,
        updates=updates,
        operation_id=operation_id,
        keys=keys,
        resolve=resolve,
        size=size,
        sender=sender,
    )


async def publish_turn(sender: Connection, longest: float) -> None:
    """Wait until the sender's pace lets it publish, `longest` seconds at most."""
    delay = get_runtime().pace.reserve(sender.access, longest)
    if delay:
        await asyncio.sleep(delay)


def publish_allow(sender: Connection) -> None:
    """Check that the sender may publish at all, before anything large is read from it.

    Raises PublishForbidden, or the denial of a sender whose right has ended; either is counted.
    """
    refusal = sender.refusal or (None if sender.access.role == EDITOR else PublishForbidden())
    if refusal is not None:
        count_refused(refusal.code)
        raise refusal


def _require_pace(runtime: Runtime, sender: Connection) -> None:
    wait = runtime.pace.wait(sender.access)
    if wait:
        raise TooManyRequests(retry_after=wait)


def session_publish_sync(
    *,
    session_id: int,
    updates: Sequence[Update] = (),
    operation_id: str | None = None,
    keys: Sequence[str] = (),
    resolve: Resolver | None = None,
) -> PublishReceipt:
    """Commit in this thread, for commands and tasks; readers elsewhere catch up within a heartbeat.

    Raises the publish's denial, TimeoutError when the session stays locked for LOCKED_SECONDS, and, when a cold session
    cannot be warmed, SnapshotDamaged or the storage's own error.
    """
    publish = Publish(session_id, updates, operation_id, keys, resolve)
    deadline = time.monotonic() + LOCKED_SECONDS
    while time.monotonic() < deadline:
        commit_publishes([publish])
        if isinstance(publish.outcome, SessionCold):
            session_warm(session_id=session_id)
            continue
        if publish.outcome is None:
            time.sleep(LOCKED_RETRY_SECONDS)
            continue
        count_settled(publish, time.monotonic())
        if isinstance(publish.outcome, PublishReceipt):
            return publish.outcome
        raise publish.outcome
    raise TimeoutError(f"session {session_id} stayed locked")

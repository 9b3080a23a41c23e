"""Passes a provider's answer on, and settles the call before the client sees its end."""

import asyncio
import time
from typing import Any, Final

import aiohttp
import structlog

from gateway.errors import ProviderUnavailable
from gateway.providers.kinds import Form
from gateway.relay.attempts import Opened, answer_open
from gateway.relay.calls import Call, CallEnded
from gateway.relay.costing import Bill, bill_of
from gateway.relay.outgoing import STREAM_HEADERS
from gateway.relay.runtime import GatewayRuntime
from gateway.relay.streams import StreamFailed
from gateway.spool.files import Due
from gateway.wire.answering.plain import plain_estimate, plain_read
from gateway.wire.answering.watching import Findings, Kind, Seen
from gateway.wire.denying.passing import refusal_passed
from opencode.lib.clock import utc_now

log = structlog.get_logger(__name__)
JSON: Final = (b"content-type", b"application/json")
DRAIN_SECONDS: Final = 1.0
_FAILURES: Final = (aiohttp.ClientError, OSError, TimeoutError, StreamFailed)


async def call_relay(runtime: GatewayRuntime, call: Call) -> str:
    """Relay a call that is reserved, and settle or release it, whatever happens; returns how it ended.

    `complete`, `refused` (by the provider, for good), `client_left`, `revoked`, `stopping`, `cut` (by the provider).
    Raises the Denial of the last attempt, with nothing charged.
    """
    try:
        opened = await answer_open(call, runtime.session, runtime.choices, runtime.states)
    except BaseException as error:
        await asyncio.shield(runtime.settling.release(call.caller.workspace_id, call.id))
        if isinstance(error, CallEnded):
            return call.ended
        raise
    if opened.refusal is not None:
        return await _refusal(runtime, call, opened)
    call.first_byte_at = time.monotonic()
    runtime.repeats.note(call.session_id, call.digest)
    runtime.choices.answered(opened.candidate, call.session_id, call.route.model.slug)
    runtime.states.worked(opened.candidate)
    with runtime.choices.used(opened.candidate):
        if opened.stream is None:
            return await _plain(runtime, call, opened)
        return await _streamed(runtime, call, opened)


async def _refusal(runtime: GatewayRuntime, call: Call, opened: Opened) -> str:
    await runtime.settling.release(call.caller.workspace_id, call.id)
    passed = refusal_passed(call.ask.form, opened.response.status, _without_key(opened))
    log.info("provider_refusal", request_id=call.id, status=opened.response.status, was_reworded=passed.was_reworded)
    await call.out.answer(passed.status, passed.body, [JSON])
    return "refused"


def _without_key(opened: Opened) -> bytes:
    """What the provider said; nothing when it repeats the key, as some do in refusing it with status 400."""
    secret, said = opened.candidate.secret.encode(), opened.refusal or b""
    return b"" if secret and secret in said else said


async def _plain(runtime: GatewayRuntime, call: Call, opened: Opened) -> str:
    """Read to the end even when the client has left: then its usage is known."""
    try:
        body = await _whole(opened.response, runtime.answer_bytes)
    except BaseException as error:
        await _estimated(runtime, call, opened, Findings())
        if call.ended:
            return call.ended
        if isinstance(error, _FAILURES):
            runtime.choices.cool(opened.candidate)
            raise ProviderUnavailable(retry_after=1) from error
        raise
    found = plain_read(call.ask.form, body)
    if found.usage is not None:
        await _settle(runtime, call, opened, found.usage, found, is_estimated=False)
    else:
        usage = plain_estimate(call.ask.form, found, call.quote.typical)
        await _settle(runtime, call, opened, usage, found, is_estimated=True)
    await call.out.answer(200, body, [JSON, *_headers(call)])
    return "client_left" if call.gone.is_set() else "complete"


async def _streamed(runtime: GatewayRuntime, call: Call, opened: Opened) -> str:
    assert opened.stream is not None
    found, end = opened.stream.watcher.found, "cut"
    try:
        await call.out.start(200, [*STREAM_HEADERS, *_headers(call)])
        is_over = await _forward(runtime, call, opened, list(opened.held))
        if not is_over:
            async for batch in opened.stream:
                is_over = await _forward(runtime, call, opened, batch)
                if is_over:
                    break
        end = "complete" if call.out.is_complete else "cut"
    except _FAILURES as error:
        log.warning("provider_stream_failed", request_id=call.id, why=type(error).__name__)
    finally:
        if not call.out.is_complete:
            await _cut(runtime, call, opened, found)
    if end == "complete":
        await _drain(opened.response)
    return call.ended or end


async def _forward(runtime: GatewayRuntime, call: Call, opened: Opened, batch: list[Seen]) -> bool:
    """Send what came together, at once; whether the stream is over. Its last event is sent when it is settled."""
    passing: list[bytes] = []
    last: Seen | None = None
    is_failed = False
    for seen in batch:
        if seen.kind == Kind.LAST:
            last = seen
            break
        is_failed = seen.kind == Kind.FAILED
        if not is_failed or call.ask.form != Form.GENERATE:
            # Google's clients overlook an error in a stream.
            passing.append(seen.raw)
        if is_failed:
            break
    data = b"".join(passing)
    if data:
        await call.out.send(data)
    if last is not None:
        await _ended(runtime, call, opened)
        await call.out.send(last.raw, more=False)
    return is_failed or last is not None or bool(call.ended)


async def _ended(runtime: GatewayRuntime, call: Call, opened: Opened) -> None:
    assert opened.stream is not None
    watcher = opened.stream.watcher
    found = watcher.found
    if found.usage is not None and found.is_final:
        await _settle(runtime, call, opened, found.usage, found, is_estimated=False)
        return
    log.warning("usage_missing", request_id=call.id, model=call.route.model.slug)
    await _settle(runtime, call, opened, watcher.estimate(), found, is_estimated=True)


async def _cut(runtime: GatewayRuntime, call: Call, opened: Opened, found: Findings) -> None:
    """The stream ended before its end: charge what was reported, else an estimate, and let the client see the cut."""
    opened.response.close()
    if not call.ended:
        runtime.choices.cool(opened.candidate)
    if found.is_final and found.usage is not None:
        await _settle(runtime, call, opened, found.usage, found, is_estimated=False)
    else:
        await _estimated(runtime, call, opened, found)


async def _estimated(runtime: GatewayRuntime, call: Call, opened: Opened, found: Findings) -> None:
    usage = (
        opened.stream.watcher.estimate() if opened.stream else plain_estimate(call.ask.form, found, call.quote.typical)
    )
    await _settle(runtime, call, opened, usage, found, is_estimated=True)


async def _settle(
    runtime: GatewayRuntime, call: Call, opened: Opened, usage: dict[str, Any], found: Findings, *, is_estimated: bool
) -> None:
    """Keep what the call used, then settle it. Kept without any pause, so that cancelling the task loses nothing."""
    call.is_estimated = is_estimated
    bill: Bill = bill_of(call.basis, usage, dict(found.context), is_estimated=is_estimated, now=utc_now())
    call.cost = sum(part.cost for part in bill.parts)
    if bill.quarantined:
        log.warning("usage_quarantined", request_id=call.id, code=bill.quarantined)
    due = Due(
        workspace_id=call.caller.workspace_id,
        request_id=call.id,
        parts=bill.parts,
        payer=opened.candidate.payer,
        fingerprint=bill.fingerprint,
        wire_format=bill.wire_format if bill.quarantined else "",
        body=bill.body if bill.quarantined else "",
    )
    runtime.settling.keep(due)
    await runtime.settling.settle(due)


def _headers(call: Call) -> list[tuple[bytes, bytes]]:
    """What the client may want to know: that its output cap was lowered, and to what."""
    if call.ask.cap is None or call.reserved.cap >= call.ask.cap:
        return []
    return [(b"x-oc-output-cap", str(call.reserved.cap).encode())]


async def _whole(response: aiohttp.ClientResponse, most: int) -> bytes:
    """The whole body. Raises StreamFailed when it is larger than `most`."""
    chunks, size = [], 0
    async for chunk in response.content.iter_any():
        chunks.append(chunk)
        size += len(chunk)
        if size > most:
            raise StreamFailed("an answer that is too large")
    return b"".join(chunks)


async def _drain(response: aiohttp.ClientResponse) -> None:
    """Read what little follows, so that the connection serves another call."""
    try:
        async with asyncio.timeout(DRAIN_SECONDS):
            await response.content.readany()
    except (aiohttp.ClientError, OSError, TimeoutError):
        response.close()
    else:
        response.release()

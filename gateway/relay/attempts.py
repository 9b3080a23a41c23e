"""Tries one provider's credential after another, as long as nothing was forwarded to the client."""

import asyncio
import time
from dataclasses import dataclass
from typing import Final

import aiohttp
import structlog
from django.conf import settings

from gateway.errors import CredentialRefused, PromptBlocked, ProviderBusy, ProviderUnavailable
from gateway.relay.calls import Call, CallEnded
from gateway.relay.choosing import Choices
from gateway.relay.states import CredentialStates
from gateway.relay.streams import Stream, StreamFailed
from gateway.relay.upstream import upstream_headers, upstream_url
from gateway.selectors.routing import Candidate
from gateway.wire.answering.watching import Seen
from gateway.wire.asking.reading import sent_body
from opencode.lib.clock import utc_now
from opencode.lib.errors import Denial

log = structlog.get_logger(__name__)
ERROR_BYTES: Final = 64 * 1024
RETRY_SECONDS_MAX: Final = 60
_UNPAID: Final = frozenset({401, 402, 403})
_PASSED_ON: Final = frozenset({400, 404, 413, 422})
_WAITED: Final = frozenset({408, 429})
_FAILURES: Final = (aiohttp.ClientError, OSError, TimeoutError, StreamFailed)


@dataclass(slots=True)
class Opened:
    """A provider's answer, whose first content has come. `held` are the events until then.

    `refusal` is the body of a refusal that no other provider would take back: 400, 404, 413 or 422.
    """

    response: aiohttp.ClientResponse
    candidate: Candidate
    stream: Stream | None = None
    held: tuple[Seen, ...] = ()
    refusal: bytes | None = None


class AttemptFailed(Exception):
    """Another credential may do; `denial` is the answer when there is none left. `is_refused`: the key itself was."""

    def __init__(self, denial: Denial, reason: str, *, is_refused: bool = False) -> None:
        super().__init__(reason)
        self.denial = denial
        self.is_refused = is_refused


async def answer_open(call: Call, session: aiohttp.ClientSession, choices: Choices, states: CredentialStates) -> Opened:
    """The first answer that begins well, of at most three, within 10 seconds. Raises the last one's Denial, CallEnded.

    Once a comment was sent to the client, its stream has begun, and no other provider is tried.
    """
    began = time.monotonic()
    candidates = choices.ordered(call.route.candidates, call.session_id, call.route.model.slug, utc_now())
    if not candidates:
        raise ProviderBusy(retry_after=1)
    failure: Denial = ProviderUnavailable(retry_after=1)
    for candidate in candidates[: settings.GATEWAY_ATTEMPTS]:
        call.attempts += 1
        try:
            return await _attempt(call, session, candidate)
        except AttemptFailed as failed:
            choices.cool(candidate)
            states.failed(candidate, f"A call failed: {failed}.", is_refused=failed.is_refused)
            failure = failed.denial
            log.warning(
                "provider_attempt_failed", request_id=call.id, credential=candidate.credential_id, why=str(failed)
            )
        if call.out.is_started or time.monotonic() - began > settings.GATEWAY_ATTEMPT_SECONDS:
            break
    raise failure


async def _attempt(call: Call, session: aiohttp.ClientSession, candidate: Candidate) -> Opened:
    call.candidate, call.response, call.is_streaming = candidate, None, False
    try:
        response = await call.waiting(_post(call, session, candidate))
    except _FAILURES as error:
        raise AttemptFailed(ProviderUnavailable(retry_after=1), type(error).__name__) from error
    call.response = response
    try:
        return await _opened(call, candidate, response)
    except BaseException as error:
        response.close()
        if call.ended and not isinstance(error, asyncio.CancelledError):
            raise CallEnded from error
        if isinstance(error, _FAILURES):
            raise AttemptFailed(ProviderUnavailable(retry_after=1), _why(error)) from error
        raise


async def _post(call: Call, session: aiohttp.ClientSession, candidate: Candidate) -> aiohttp.ClientResponse:
    ask = call.ask
    body = sent_body(ask, candidate.upstream_model, call.reserved.cap, is_newer=candidate.kind == "openai")
    return await session.post(
        upstream_url(candidate, ask.form, call.act, is_stream=ask.is_stream),
        data=body,
        headers=upstream_headers(candidate, ask.form, call.passed, is_stream=ask.is_stream),
        allow_redirects=False,
    )


async def _opened(call: Call, candidate: Candidate, response: aiohttp.ClientResponse) -> Opened:
    if response.status == 200:
        if response.headers.get("content-encoding", "identity") != "identity":
            raise AttemptFailed(ProviderUnavailable(), "the answer is compressed")
        if call.ask.is_stream and "event-stream" in response.content_type:
            return await _opened_stream(call, candidate, response)
        return Opened(response, candidate)
    body = await _read(response, ERROR_BYTES)
    if response.status in _PASSED_ON:
        return Opened(response, candidate, refusal=body)
    is_refused = response.status in _UNPAID
    raise AttemptFailed(_denial(candidate, response), f"status {response.status}", is_refused=is_refused)


async def _opened_stream(call: Call, candidate: Candidate, response: aiohttp.ClientResponse) -> Opened:
    call.is_streaming = True
    stream = Stream(call.ask, response, call.quote.typical)
    try:
        held = await stream.open()
    except StreamFailed as failed:
        if stream.watcher.found.was_blocked:
            raise PromptBlocked from failed
        raise
    return Opened(response, candidate, stream, held)


def _denial(candidate: Candidate, response: aiohttp.ClientResponse) -> Denial:
    """What a client gets when no other credential is left."""
    if response.status in _UNPAID:
        return CredentialRefused() if candidate.payer == "own" else ProviderUnavailable()
    if response.status in _WAITED:
        return ProviderBusy(retry_after=_retry_after(response))
    return ProviderUnavailable(retry_after=_retry_after(response))


def _retry_after(response: aiohttp.ClientResponse) -> int:
    said = response.headers.get("retry-after", "")
    return min(int(said[:6]), RETRY_SECONDS_MAX) if said.isdecimal() and int(said[:6]) else 1


def _why(error: BaseException) -> str:
    return str(error) if isinstance(error, StreamFailed) else type(error).__name__


async def _read(response: aiohttp.ClientResponse, most: int) -> bytes:
    """At most so much of a body."""
    chunks, size = [], 0
    async for chunk in response.content.iter_any():
        chunks.append(chunk)
        size += len(chunk)
        if size >= most:
            break
    return b"".join(chunks)[:most]

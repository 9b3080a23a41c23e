"""Counting tokens: asked of the provider, free, nothing reserved."""

from collections.abc import Mapping
from typing import Final

import aiohttp

from gateway.errors import ProviderBusy, ProviderUnavailable
from gateway.relay.outgoing import Outgoing
from gateway.relay.runtime import GatewayRuntime
from gateway.relay.upstream import upstream_headers, upstream_url
from gateway.selectors.routing import Route
from gateway.wire.asking.ask import Ask
from gateway.wire.asking.reading import sent_body
from gateway.wire.denying.passing import refusal_passed
from gateway.wire.paths import Act
from opencode.lib.clock import utc_now

ANSWER_BYTES: Final = 64 * 1024


async def count_relay(
    runtime: GatewayRuntime, ask: Ask, route: Route, passed: Mapping[str, str], out: Outgoing
) -> None:
    """Pass the provider's answer on. Raises ProviderBusy, ProviderUnavailable."""
    candidates = runtime.choices.ordered(route.candidates, "", route.model.slug, utc_now())
    if not candidates:
        raise ProviderBusy(retry_after=1)
    first = candidates[0]
    try:
        async with runtime.session.post(
            upstream_url(first, ask.form, Act.COUNT, is_stream=False),
            data=sent_body(ask, first.upstream_model, ask.cap),
            headers=upstream_headers(first, ask.form, passed, is_stream=False),
            allow_redirects=False,
        ) as response:
            status, body = response.status, await response.content.read(ANSWER_BYTES)
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise ProviderUnavailable(retry_after=1) from error
    if status in {400, 404, 413, 422}:
        status, body, _ = refusal_passed(ask.form, status, body)
    elif status != 200:
        raise ProviderUnavailable(retry_after=1)
    await out.answer(status, body, [(b"content-type", b"application/json")])

"""Calls of all four forms through a running console to a provider: reserved before they are sent, then metered."""

import asyncio
import json
import threading

import pytest

from billing.models import Reservation
from tests.support.gateway import FORMS, Console, until
from tests.support.providers import Provider


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("stream", [True, False])
async def test_call_is_reserved_relayed_and_metered(
    console: Console, provider: Provider, form: str, stream: bool
) -> None:
    provider.holds = go = threading.Event()
    calling = asyncio.ensure_future(console.call(form, stream=stream, **{"x-session-id": "ses_1"}))
    await until(lambda: provider.requests)
    held = await Reservation.objects.aget()
    assert (held.state, held.member_id, held.session_id) == ("open", console.cast.carol.pk, "ses_1")
    assert held.key_id == console.key_id
    go.set()
    answer = await calling
    assert (answer.status, answer.is_whole) == (200, True), answer.body
    assert answer.headers["x-request-id"] == held.request_id
    assert await Reservation.objects.acount() == 0
    (row,) = await console.usage()
    assert (row.request_id, row.session_id, row.model) == (held.request_id, "ses_1", held.model)
    assert row.input + row.cache_read == 1100
    assert row.cache_read == 300
    assert row.output + row.reasoning == 70
    assert (row.is_estimated, row.quarantined, row.charged) == (False, "", row.cost)
    assert row.cost <= held.ceiling
    (request,) = provider.requests
    assert console.key.encode() not in request.body
    assert console.key not in json.dumps(request.headers)

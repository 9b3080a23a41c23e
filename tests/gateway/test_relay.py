"""Calls of all four forms through a running console to a provider, metered."""

import json

import pytest

from tests.support.gateway import FORMS, Console
from tests.support.providers import Provider

COSTS = {}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("stream", [True, False])
async def test_call_is_relayed_and_metered(console: Console, provider: Provider, form: str, stream: bool) -> None:
    answer = await console.call(form, stream=stream)
    assert (answer.status, answer.is_whole) == (200, True), answer.body
    (row,) = await console.usage()
    assert row.input + row.cache_read == 1100
    assert row.cache_read == 300
    assert row.output + row.reasoning == 70
    assert (row.is_estimated, row.quarantined, row.charged) == (False, "", row.cost)
    (request,) = provider.requests
    assert console.key.encode() not in request.body
    assert console.key not in json.dumps(request.headers)

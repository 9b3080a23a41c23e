"""Bodies come in at a rate, and those of strangers fit into a sum."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from opencode.lib.asgi.bodies import FREE_BYTES, STRANGERS_BYTES, Body, Strangers
from opencode.lib.asgi.exchange import Exchange
from opencode.lib.errors import BodiesFull, BodyTimedOut

HALF = b"x" * (STRANGERS_BYTES // 2 + FREE_BYTES)


def body_of(*chunks: bytes) -> Body:
    messages: Iterator[dict[str, Any]] = iter([{"type": "http.request", "body": c, "more_body": True} for c in chunks])

    async def receive() -> dict[str, Any]:
        return next(messages)

    return Body(receive)


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    yield
    assert Strangers.held == 0


async def test_strangers_bodies_beyond_the_sum_are_refused_and_small_ones_pass() -> None:
    first, second, third, small = body_of(HALF), body_of(HALF), body_of(HALF), body_of(b"x" * FREE_BYTES)
    await first()
    await second()
    with pytest.raises(BodiesFull):
        await third()
    await small()
    first.release()
    third.release()
    await body_of(b"x").__call__()
    again = body_of(HALF)
    await again()
    for body in (second, again):
        body.release()


async def test_whoever_shows_a_secret_counts_no_more() -> None:
    known, others = body_of(HALF, HALF, HALF), [body_of(HALF), body_of(HALF)]
    await known()
    known.trust()
    for other in others:
        await other()
    await known()
    await known()
    for other in others:
        other.release()


async def test_an_exchange_gives_back_what_its_body_held_and_trusts_a_secret_at_its_beginning() -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"s" + b"x" * FREE_BYTES, "more_body": False}

    with Exchange({"headers": []}, receive) as stranger:
        await stranger.body()
        assert Strangers.held == 1
    with Exchange({"headers": []}, receive) as known:
        await known.body(is_known=lambda beginning: beginning.startswith(b"s"))
        assert Strangers.held == 0


async def test_speed_in_the_past_buys_a_short_pause_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("opencode.lib.asgi.bodies.PAUSE_SECONDS", 0.05)
    messages = iter([{"type": "http.request", "body": b"x" * 1024 * 1024, "more_body": True}])

    async def receive() -> dict[str, Any]:
        return next(messages, None) or await asyncio.get_running_loop().create_future()

    body = Body(receive)
    await body()
    async with asyncio.timeout(5):
        with pytest.raises(BodyTimedOut):
            await body()
    body.release()

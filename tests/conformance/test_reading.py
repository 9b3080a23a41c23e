"""The same promises to every reader, over WebSocket, Server-Sent Events and pulls."""

import asyncio

import pytest

from tests.conformance.transports import Reader, Target, Transport


async def test_joiner_gets_the_whole_state(target: Target, transport: Transport) -> None:
    await target.push("a", one=1, two={"text": "ä\n\u2028"})
    await target.push("b", one=None, three=[3])
    reader = await Reader().read_to(transport, 4)
    assert reader.state == {target.entry("two"): {"text": "ä\n\u2028"}, target.entry("three"): [3]}
    assert reader.kinds == ["snapshot"]


async def test_reader_follows_updates_in_order(target: Target, transport: Transport) -> None:
    await target.push("a", one=1)
    reading = asyncio.create_task(Reader().read_to(transport, 11))
    for number in range(10):
        await target.push(f"op{number}", **{f"n{number}": number})
    reader = await reading
    assert reader.kinds[0] == "snapshot"
    assert reader.state == {target.entry("one"): 1, **{target.entry(f"n{number}"): number for number in range(10)}}


async def test_resume_gets_exactly_what_is_missing(target: Target, transport: Transport) -> None:
    epoch = (await target.push("a", one=1)).json()["epoch"]
    await target.push("b", two=2)
    await target.push("c", one=None)
    reader = await Reader().read_to(transport, 3, since=(epoch, 1))
    assert reader.kinds[0] == "updates"
    assert reader.state == {target.entry("two"): 2}


@pytest.mark.parametrize("since", [("other", 1), ("", 99)], ids=["another epoch", "above the head"])
async def test_position_that_cannot_be_spliced_is_answered_with_the_whole_state(
    target: Target, transport: Transport, since: tuple[str, int]
) -> None:
    epoch = (await target.push("a", one=1)).json()["epoch"]
    await target.push("b", two=2)
    async_frames = transport.frames((since[0] or epoch, since[1]))
    reader = Reader()
    async for frame in async_frames:
        reader.take(frame)
        if reader.kinds:
            break
    await async_frames.aclose()
    assert reader.kinds == ["snapshot"]
    assert reader.state == {target.entry("one"): 1, target.entry("two"): 2}


async def test_every_resume_ends_in_the_state_of_a_full_load(target: Target, transport: Transport) -> None:
    epoch = ""
    for number in range(6):
        epoch = (await target.push(f"op{number}", **{f"n{number % 3}": number})).json()["epoch"]
    whole = await Reader().read_to(transport, 6)
    for since in range(1, 6):
        reader = Reader()
        reader.state = {target.entry(f"n{number % 3}"): number for number in range(since)}
        await reader.read_to(transport, 6, since=(epoch, since))
        assert reader.state == whole.state


async def test_large_state_arrives_whole(target: Target, transport: Transport) -> None:
    for number in range(5):
        await target.push(f"op{number}", **{f"n{number}": "x" * 500_000})
    reader = await Reader().read_to(transport, 5)
    assert len(reader.state) == 5
    assert len(reader.kinds) > 1, "it came in one part"

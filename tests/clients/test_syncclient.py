"""The Python client: against a real server that is killed, and frame by frame without one."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest

from opencode_sync import Gap, Position, SyncClient, SyncEnded, SyncRefused, SyncStream
from tests.support.server import ConsoleServer

COUNT = 60
SESSION = "ses_1"


def update(number: int) -> dict[str, Any]:
    return {"key": f"session/part/{SESSION}/msg_1/prt_{number}", "content": number}


@asynccontextmanager
async def connected(client: SyncClient) -> AsyncIterator[None]:
    """Hold the connection that publishes need."""

    async def follow() -> None:
        async with aclosing(client.frames()) as frames:
            async for _ in frames:
                pass

    following = asyncio.create_task(follow())
    try:
        yield
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def test_everything_arrives_once_over_a_killed_server(console_server: ConsoleServer) -> None:
    key = console_server.ask("tests.support.seed")["key"]
    url = f"{console_server.url}/sync/v1/sessions/{SESSION}"
    reader, writer = (SyncClient(url, key=key, delays=(0.05, 0.5)) for _ in range(2))
    seen: list[int] = []
    snapshots = 0

    async def read() -> None:
        nonlocal snapshots
        async with aclosing(reader.frames()) as frames:
            async for frame in frames:
                snapshots += frame["type"] == "snapshot"
                seen.extend(entry["content"] for entry in frame["entries"])
                if len(seen) >= COUNT:
                    return

    reading = asyncio.create_task(read())
    async with connected(writer):
        acks = [await asyncio.wait_for(writer.publish([update(number)]), 10) for number in range(COUNT // 2)]
        await asyncio.to_thread(console_server.kill9)
        late = [asyncio.create_task(writer.publish([update(number)])) for number in range(COUNT // 2, COUNT)]
        await asyncio.to_thread(console_server.restart)
        acks += await asyncio.wait_for(asyncio.gather(*late), 30)
        await asyncio.wait_for(reading, 30)
        with pytest.raises(SyncRefused, match="key_malformed"):
            await asyncio.wait_for(writer.publish([{"key": "x", "content": 1}]), 10)
    assert sorted(ack["from"] for ack in acks) == list(range(1, COUNT + 1))
    assert sorted(seen) == list(range(COUNT))
    assert snapshots == 1


async def test_wrong_key_ends_it(console_server: ConsoleServer) -> None:
    client = SyncClient(f"{console_server.url}/sync/v1/sessions/{SESSION}", key="oc_live_wrong")
    with pytest.raises(SyncEnded) as ended:
        await anext(client.frames())
    assert ended.value.code == 4401


def test_tail_prints_each_entry_and_goes_on_from_a_position(console_server: ConsoleServer) -> None:
    key = console_server.ask("tests.support.seed")["key"]
    environment = {**console_server.environment(), "THE_KEY": key}
    asyncio.run(_publish(console_server, key, [update(1), update(2)]))
    command = [sys.executable, "manage.py", "session_tail", SESSION, "--server", console_server.url]
    command += ["--key-env", "THE_KEY"]
    lines = _first_lines(command, environment, 2)
    assert ['"content": 1' in lines[0], '"content": 2' in lines[1]] == [True, True]
    epoch = lines[0].split('"')[3]
    assert '"content": 2' in _first_lines([*command, "--since", f"{epoch}:1"], environment, 1)[0]


async def _publish(server: ConsoleServer, key: str, updates: list[dict[str, Any]]) -> None:
    client = SyncClient(f"{server.url}/sync/v1/sessions/{SESSION}", key=key)
    async with connected(client):
        await asyncio.wait_for(client.publish(updates), 10)


def _first_lines(command: list[str], environment: dict[str, str], count: int) -> list[str]:
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(count)]
        process.terminate()
    return lines


# --- the stream, frame by frame


def updates(first: int, last: int, epoch: str = "e") -> dict[str, Any]:
    entries = [{"key": "k", "seq": seq, "content": seq} for seq in range(first, last + 1)]
    return {"type": "updates", "epoch": epoch, "from": first, "to": last, "entries": entries}


def test_parts_of_a_snapshot_are_handed_out_whole() -> None:
    stream = SyncStream()
    part = {"type": "snapshot", "epoch": "e", "seq": 2, "entries": [1], "more": True}
    assert stream.take(part) is None
    assert stream.position is None
    whole = stream.take({**part, "entries": [2], "more": False})
    assert whole is not None
    assert whole["entries"] == [1, 2]
    assert stream.position == Position("e", 2)


def test_half_a_snapshot_of_a_lost_connection_is_forgotten() -> None:
    stream = SyncStream()
    part = {"type": "snapshot", "epoch": "e", "seq": 2, "entries": [1], "more": True}
    stream.take(part)
    stream.take({"type": "welcome", "epoch": "e", "seq": 2})
    whole = stream.take({**part, "more": False})
    assert whole is not None
    assert whole["entries"] == [1]


def test_known_updates_are_dropped_and_halves_cut() -> None:
    stream = SyncStream(Position("e", 3))
    assert stream.take(updates(2, 3)) is None
    cut = stream.take(updates(3, 5))
    assert cut is not None
    assert [entry["seq"] for entry in cut["entries"]] == [4, 5]
    assert stream.position == Position("e", 5)


def test_gap_keeps_the_position_and_another_epoch_loses_it() -> None:
    stream = SyncStream(Position("e", 3))
    with pytest.raises(Gap):
        stream.take(updates(5, 5))
    assert stream.position == Position("e", 3)
    with pytest.raises(Gap):
        stream.take(updates(4, 4, "other"))
    assert stream.position is None


def test_head_that_stays_ahead_is_a_gap() -> None:
    stream = SyncStream(Position("e", 3))
    heartbeat = {"type": "heartbeat", "epoch": "e", "seq": 4}
    assert stream.take(heartbeat) is None
    with pytest.raises(Gap):
        stream.take(heartbeat)


@pytest.mark.parametrize("welcome", [{"epoch": "other", "seq": 9}, {"epoch": "e", "seq": 2}])
def test_welcome_that_cannot_be_gone_on_from_loses_the_position(welcome: dict[str, Any]) -> None:
    stream = SyncStream(Position("e", 3))
    stream.take({"type": "welcome", **welcome})
    assert stream.position is None

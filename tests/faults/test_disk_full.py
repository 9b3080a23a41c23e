"""The disk under the embedded stack is full: publishers are told, nothing acknowledged is lost, room is used again."""

import json
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.db import connection

from opencode.lib.errors import StorageFull
from sync.models import Session, SessionEntry
from sync.protocol.updates import PublishReceipt, Update
from sync.writer import Publish
from sync.writer.commit import commit_publishes
from tests.faults.disks import free_bytes, small_disk
from tests.support.fixtures import copied_server
from tests.support.server import ConsoleServer
from tests.support.sockets import SyncSocket

pytestmark = pytest.mark.embedded
VALUE_BYTES = 200_000
BALLAST_BYTES = 6 * 1024 * 1024
ROOM_BYTES = 12 * 1024 * 1024


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", 64) as folder:
        yield folder


@pytest.fixture
def console(prepared_data: Path, disk: Path) -> Iterator[ConsoleServer]:
    """All its data is on the small disk, which has room for some megabytes more."""
    server = copied_server(prepared_data, disk / "console")
    (disk / "ballast").write_bytes(bytes(BALLAST_BYTES))
    (disk / "filler").write_bytes(bytes(free_bytes(disk) - ROOM_BYTES))
    with server:
        yield server


async def publish(socket: SyncSocket, number: int) -> dict[str, Any]:
    """The answer: an ack or a refusal."""
    update = {"key": f"session/part/1/msg_1/prt_{number}", "content": f"{number:08}" * (VALUE_BYTES // 8)}
    await socket.send({"type": "publish", "id": f"op-{number}", "updates": [update]})
    while True:
        frame = await socket.receive()
        if frame.get("id") == f"op-{number}":
            return frame


async def test_full_disk_refuses_loses_nothing_and_is_used_again_when_there_is_room(
    console: ConsoleServer, disk: Path
) -> None:
    key = console.ask("tests.support.seed")["key"]
    url, headers = f"{console.sockets_url}/sync/v1/sessions/1", {"Authorization": f"Bearer {key}"}
    acked: dict[int, int] = {}
    async with SyncSocket(url, headers=headers, keep=1) as socket:
        for number in count(1):
            answer = await publish(socket, number)
            if answer["type"] == "error":
                break
            acked[number] = answer["to"]
        assert (answer["code"], answer["retry_after"]) == ("storage_full", 10)
        assert (await publish(socket, number))["code"] == "storage_full"
        assert await numbers_stored(url, headers) == acked, "what is there can still be read"
        async with httpx.AsyncClient(trust_env=False) as client:
            assert (await client.get(f"{console.url}/readyz")).status_code == httpx.codes.SERVICE_UNAVAILABLE

        (disk / "ballast").unlink()
        for again in range(5):
            acked[number + again] = (await publish(socket, number + again))["to"]
    assert sorted(acked.values()) == list(range(1, number + 5))
    (disk / "filler").unlink()
    console.kill9()
    console.start()
    assert await numbers_stored(url, headers) == acked


async def numbers_stored(url: str, headers: dict[str, str]) -> dict[int, int]:
    """Each part's number by its name's."""
    stored: dict[int, int] = {}
    async with SyncSocket(url, headers=headers, keep=1) as reader:
        head, seq = (await reader.expect("welcome"))["seq"], 0
        while seq < head:
            frame = await reader.receive()
            entries = frame.get("entries", [])
            stored |= {int(entry["key"].rpartition("_")[2]): entry["seq"] for entry in entries}
            seq = max([seq, *(entry["seq"] for entry in entries)])
    return stored


@pytest.mark.django_db(transaction=True)
def test_full_database_refuses_all_of_a_commit_and_keeps_what_was() -> None:
    sessions = [Session.objects.create(client_id=name, owner_key=f"test:{name}") for name in "ab"]
    before = published(sessions, "small")
    assert {type(publish.outcome) for publish in before} == {PublishReceipt}
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")  # pages that other tests left free would be used first
        cursor.execute("PRAGMA page_count")
        cursor.execute(f"PRAGMA max_page_count = {cursor.fetchone()[0] + 4:d}")
        refused = published(sessions, "x" * 100_000)
        cursor.execute("PRAGMA max_page_count = 1000000000")
    assert {type(publish.outcome) for publish in refused} == {StorageFull}
    assert set(SessionEntry.objects.values_list("content", flat=True)) == {json.dumps("small")}
    assert {type(publish.outcome) for publish in published(sessions, "x" * 100_000)} == {PublishReceipt}


def published(sessions: list[Session], text: str) -> list[Publish]:
    publishes = [
        Publish(session.pk, [Update(f"session/part/{session.client_id}/m/p", json.dumps(text))]) for session in sessions
    ]
    commit_publishes(publishes)
    return publishes

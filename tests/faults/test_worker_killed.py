"""The Celery worker is killed with a snapshot half way to the bucket: it is late, and nobody ever reads half of one."""

import asyncio
import os

import pytest

from tests.faults.uploads import StallingWay
from tests.support.fixtures import StartServer
from tests.support.processes import children_of, kill_all
from tests.support.sockets import SyncSocket

pytestmark = pytest.mark.servers
WORKER = "tests.sync.archive.snapshots.worker"
# So many updates make a snapshot due at the next sweep.
UPDATES = 220
STALLED_SECONDS = 60


async def test_half_put_snapshot_is_never_read_and_comes_later(start_server: StartServer) -> None:
    async with StallingWay(os.environ["S3_ENDPOINT_URL"]) as way:
        way.is_stalling = True
        environment = {"S3_ENDPOINT_URL": way.url}
        console = await asyncio.to_thread(start_server, with_worker=True, environment=environment)
        key = (await asyncio.to_thread(console.ask, "tests.support.seed"))["key"]
        url = f"{console.sockets_url}/sync/v1/sessions/ses_1"
        async with SyncSocket(url, headers={"Authorization": f"Bearer {key}"}, keep=1) as socket:
            updates = [{"key": f"session/part/ses_1/m/p{number}", "content": "x" * 100} for number in range(UPDATES)]
            await socket.publish("all", updates)
            await asyncio.wait_for(way.stalled.wait(), STALLED_SECONDS)
            kill_all(children_of(console.pid))
            killed = await asyncio.to_thread(console.ask, WORKER, "report")
            way.is_stalling = False
            recovery = await asyncio.to_thread(console.ask, WORKER, "recover")
            assert (await socket.publish("after", updates[:1]))["to"] == UPDATES + 1
    assert killed == {"due": True, "states": ["pending"], "offered_entries": 0}
    assert (recovery["written"], recovery["failed"]) == (1, 0)
    assert recovery["after"] == {"due": False, "states": ["stored"], "offered_entries": UPDATES}

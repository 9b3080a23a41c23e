"""What must hold after a fault: what was acknowledged is there, under the number that was told."""

from typing import Any

from tests.faults.publishers import AgentPublisher, SocketPublisher
from tests.support.sockets import SyncSocket

Entries = dict[str, dict[str, Any]]


async def session_state(url: str, key: str | None) -> tuple[str, int, Entries]:
    """Epoch, head and entries by key, all numbers from 1 to the head once."""
    headers = {"Authorization": f"Bearer {key}"} if key else None
    entries: Entries = {}
    async with SyncSocket(url, headers=headers) as socket:
        more = True
        while more:
            part = await socket.expect("snapshot")
            entries |= {entry["key"]: entry for entry in part["entries"]}
            more = part["more"]
    assert sorted(entry["seq"] for entry in entries.values()) == list(range(1, part["seq"] + 1))
    return part["epoch"], part["seq"], entries


async def check_writer(sockets: str, key: str, writer: SocketPublisher, epochs: dict[str, str]) -> None:
    epoch, _, entries = await session_state(f"{sockets}/sync/v1/sessions/{writer.session}", key)
    assert epochs.setdefault(writer.session, epoch) == epoch
    kept = {key: (epoch, entry["seq"]) for key, entry in entries.items() if key in writer.acked}
    assert kept == writer.acked
    assert all(entries[key]["content"] == {"text": key} for key in writer.acked)


async def check_agent(sockets: str, agent: AgentPublisher, epochs: dict[str, str]) -> None:
    epoch, _, entries = await session_state(f"{sockets}/sync/v1/sessions/{agent.share}", None)
    assert epochs.setdefault(agent.session, epoch) == epoch
    assert agent.acked <= entries.keys()

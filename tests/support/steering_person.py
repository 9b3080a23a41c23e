"""A person of a console in processes of its own: the bridge on their machine and their browser, without an agent."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Self

import httpx

from tests.support.server import ConsoleServer
from tests.support.sockets import SyncSocket

CSRF = "x" * 32
BUSY = {"ses_1": {"root": "ses_1", "status": "busy", "run": "first"}}


@dataclass(frozen=True)
class SteeringPerson:
    """`slug` is their workspace's; `cookie` that of a browser which has just shown a second factor."""

    slug: str
    cookie: str
    token: str
    workspace: str

    @classmethod
    def of(cls, server: ConsoleServer, seeded: dict[str, str]) -> Self:
        """Of the person that `tests.support.seed` has made."""
        return cls(seeded["slug"], **server.ask("tests.support.steering_stage", seeded["email"]))

    @asynccontextmanager
    async def bridge(self, server: ConsoleServer, process: str = "p1") -> AsyncIterator[SyncSocket]:
        """A bridge whose agent works on ses_1, connected and known to the console."""
        headers = {"Authorization": f"Bearer {self.token}", "x-org-id": self.workspace}
        async with SyncSocket(f"{server.sockets_url}/sync/v1/bridge", headers=headers, keep=1) as socket:
            await socket.send({"type": "hello", "process": process, "machine": "laptop", "mode": "prompt"})
            await socket.expect("welcome")
            await socket.send({"type": "open", "asks": [], "sessions": BUSY, "nonce": "newest"})
            await settled(socket)
            yield socket

    async def steer(self, server: ConsoleServer, **posted: Any) -> int:
        """Post to the controls of ses_1; the status."""
        cookies = {"opencode_session": self.cookie, "opencode_csrf": CSRF}
        async with httpx.AsyncClient(cookies=cookies, headers={"X-CSRFToken": CSRF}, trust_env=False) as client:
            url = f"{server.url}/workspaces/{self.slug}/sessions/ses_1/steer/"
            return (await client.post(url, data={"fragment": "1", **posted})).status_code


async def settled(socket: SyncSocket) -> None:
    """Until the console has done with everything that was sent before."""
    await socket.send({"type": "ping", "nonce": "newest"})
    await socket.expect("heartbeat")

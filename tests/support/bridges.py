"""A bridge's side of its socket, for tests: what the plugin says, without an agent."""

import json
from typing import Any

from steering.protocol.digest import ask_digest
from tests.support.asgi_socket import ASGISocket
from tests.support.devices import SignedIn

BRIDGE = "/sync/v1/bridge"
NONCE = "newest"
COMMAND = {"permission": "bash", "patterns": ["rm -rf build"], "metadata": {"command": "rm -rf build"}, "always": []}
QUESTION = {
    "questions": [
        {
            "question": "Which database?",
            "header": "Database",
            "options": [{"label": "PostgreSQL", "description": "the usual"}, {"label": "MySQL", "description": ""}],
            "multiple": False,
        }
    ]
}


def bridge_socket(device: SignedIn, workspace_id: str) -> ASGISocket:
    headers = {**device.bearer, "x-org-id": workspace_id}
    return ASGISocket(BRIDGE, headers, subprotocols=("opencode.bridge.v1",))


def ask_frame(
    ask_id: str = "per_1",
    content: dict[str, Any] | None = None,
    *,
    session: str = "ses_1",
    root: str = "",
    kind: str = "permission",
    asked: int = 0,
) -> dict[str, Any]:
    text = json.dumps(COMMAND if content is None else content, sort_keys=True)
    return {
        "type": "ask",
        "id": ask_id,
        "kind": kind,
        "session": session,
        "root": root or session,
        "digest": ask_digest(ask_id, kind, session, text),
        "content": text,
        "asked": asked,
    }


async def hello(socket: ASGISocket, process: str = "p1", resume: str = "", **more: Any) -> dict[str, Any]:
    """Say hello and return the welcome."""
    frame = {"type": "hello", "process": process, "resume": resume, "machine": "laptop", "directory": "/srv/web"}
    await socket.send({**frame, **more})
    return await socket.frame("welcome")


async def opened(
    socket: ASGISocket,
    *asks: dict[str, Any],
    process: str = "p1",
    resume: str = "",
    sessions: dict[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Say hello, and everything that waits; returns the welcome once the console has taken it."""
    welcome = await hello(socket, process, resume, **more)
    await socket.send({"type": "open", "asks": list(asks), "sessions": sessions or {}, "nonce": NONCE})
    await taken(socket)
    return welcome


async def commanded(socket: ASGISocket) -> dict[str, Any]:
    """The next command."""
    return await socket.frame("command")


async def taken(socket: ASGISocket) -> None:
    """Until the console has done with everything sent before: frames are taken one after another."""
    await socket.send({"type": "ping", "nonce": NONCE})
    await socket.frame("heartbeat")

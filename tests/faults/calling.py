"""One model call to a console in a process of its own, and what it costs when its end is seen."""

from typing import Any, Final

import aiohttp

from tests.support import providers as says
from tests.support.server import ConsoleServer

PRIVATE: Final = {"OPENCODE_OUTBOUND_PRIVATE": "true"}
USAGE: Final = {**says.CHAT_USAGE, "completion_tokens": 2_000, "total_tokens": 3_100}
COST: Final = 800 * 125 + 300 * 12.5 + 2_000 * 1_000
BODY: Final = {
    "model": "tested",
    "max_tokens": 2_000,
    "stream": True,
    "messages": [{"role": "user", "content": "ping"}],
}


async def call(client: aiohttp.ClientSession, server: ConsoleServer, made: dict[str, str]) -> Any:
    """The status, and whether the end was seen."""
    address = f"{server.url}/gw/{made['workspace']}/v1/chat/completions"
    try:
        async with client.post(address, json=BODY, headers={"authorization": f"Bearer {made['key']}"}) as response:
            body = await response.read()
            return response.status, body.endswith(b"[DONE]\n\n")
    except aiohttp.ClientError:
        return 0, False

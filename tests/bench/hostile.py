"""What pages that are made to be costly cost the others: `python tests/bench/hostile.py [--tree TREE]… [--pages 18]`.

So many sessions, each of entries that take a renderer's whole time, are asked for at once, each page for the first
time; meanwhile somebody opens the sign-in page and a small session's page again and again. Told are the milliseconds
those took, alone and meanwhile, and the CPU of a costly page in the web process. Each tree is a checked-out console;
without one it is this.
"""

import asyncio
import json
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any, Final

import httpx

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench.trees import in_each_tree, tell
from tests.support.server import ConsoleServer

ENTRIES: Final = 40
ALONE_SECONDS: Final = 3.0
PAUSE_SECONDS: Final = 0.02
COSTLY: Final = (
    "```c\n" + "\n" * 10_000 + "```",
    "|a|b|\n|-|-|\n" + "|x\n" * 16_000,
    "ftp://a" * 14_000,
    "```python\n" + "a\n" * 25_000 + "```",
)


async def shared(http: httpx.AsyncClient, session: str, texts: list[str]) -> str:
    """The path of the page of a session of these texts, each an entry."""
    made = (await http.post("/api/share", json={"sessionID": session})).json()
    items: list[Any] = [{"type": "message", "data": {"id": "msg_1", "sessionID": session, "role": "assistant"}}]
    items += [
        {
            "type": "part",
            "data": {"id": f"prt_{n:04d}", "messageID": "msg_1", "sessionID": session, "type": "text", "text": text},
        }
        for n, text in enumerate(texts)
    ]
    body = json.dumps({"secret": made["secret"], "data": items}).encode()
    (await http.post(f"/api/share/{made['id']}/sync", content=body)).raise_for_status()
    return f"/share/{made['id']}"


async def asked(http: httpx.AsyncClient, path: str, taken: list[float]) -> None:
    while True:
        began = time.perf_counter()
        (await http.get(path)).raise_for_status()
        taken.append((time.perf_counter() - began) * 1000)
        await asyncio.sleep(PAUSE_SECONDS)


async def figures(server: ConsoleServer, pages: int) -> None:
    limits = httpx.Limits(max_connections=pages + 10)
    async with httpx.AsyncClient(base_url=server.url, trust_env=False, timeout=300, limits=limits) as http:
        small = await shared(http, "ses_small", ["hello"])
        texts = [f"{number}\n\n{COSTLY[number % len(COSTLY)]}" for number in range(ENTRIES)]
        costly = [
            await shared(http, f"ses_costly{number}", [f"{number} {t}" for t in texts]) for number in range(pages)
        ]
        for name, path in (("sign-in page", "/accounts/login/"), ("another's session", small)):
            alone: list[float] = []
            meanwhile: list[float] = []
            task = asyncio.create_task(asked(http, path, alone))
            await asyncio.sleep(ALONE_SECONDS)
            task.cancel()
            task = asyncio.create_task(asked(http, path, meanwhile))
            began, cpu = time.perf_counter(), cpu_ms(server.pid)
            await asyncio.gather(*(http.get(page) for page in costly))
            took, cpu = time.perf_counter() - began, cpu_ms(server.pid) - cpu
            task.cancel()
            tell(f"  {name}, alone: {shown(alone)}")
            tell(f"  {name}, while {pages} costly pages took {took:.1f} s: {shown(meanwhile)}")
            tell(f"    {cpu / pages:.0f} ms of CPU for each of them, the other pages included")


def cpu_ms(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def shown(taken: list[float]) -> str:
    return f"{len(taken)} times, p50 {statistics.median(taken):.0f} ms, longest {max(taken):.0f}" if taken else "never"


if __name__ == "__main__":
    in_each_tree(__doc__ or "", figures, pages=18)

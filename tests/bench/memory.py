"""Memory of a console before, at its peak during, and after a load: `python tests/bench/memory.py [--tree TREE]…`.

Printed are MB resident of the web process alone and of it and all it started, on the embedded stack. The load: the page
of a session of so many MB, from many places in it, with its exports and every list, 16 requests at a time; then 20
sign-ins at once. After is 40 s later. Each tree is a checked-out console; without one it is this.
"""

import argparse
import asyncio
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import httpx

ROOT: Final = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.support import server as server_module  # noqa: E402
from tests.support.processes import children_of, memory_bytes  # noqa: E402
from tests.support.server import ConsoleServer  # noqa: E402

AT_ONCE: Final = 16
PAGES: Final = 300
EXPORTS: Final = 6
SIGN_INS: Final = 20
QUIET_SECONDS: Final = 40
PASSWORD: Final = "correct horse battery staple"
SEED: Final = """
import django; django.setup()
from django.core.management import call_command
from accounts.models import User
from tests.bench import longsessions
call_command("migrate", verbosity=0)
for number in range({people}):
    User.objects.create_user(f"person{{number}}@example.com", password={password!r})
print(longsessions.seed("ses_large", {megabytes} * 1_000_000, {parts}))
"""


def seeded(tree: Path, folder: Path, megabytes: int) -> str:
    """The share of a large session in a new data directory."""
    code = SEED.format(megabytes=megabytes, parts=megabytes * 250, people=SIGN_INS, password=PASSWORD)
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "opencode.settings.embedded",
        "OPENCODE_DATA_DIR": str(folder),
        "OPENCODE_LOG_LEVEL": "WARNING",
    }
    done = subprocess.check_output([sys.executable, "-c", code], cwd=tree, env=environment, text=True)
    return done.split()[-1]


class Memory:
    """Samples the server's memory until it is stopped; `peak` is the highest of the two figures."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.peak = (0.0, 0.0)

    def now(self) -> tuple[float, float]:
        """MB of the web process, and of it and its children."""
        web = memory_bytes(self._pid) / 1e6
        others = 0.0
        for child in children_of(self._pid):
            try:
                others += memory_bytes(child) / 1e6
            except OSError:
                continue
        return web, web + others

    async def watch(self) -> None:
        while True:
            web, both = self.now()
            self.peak = (max(self.peak[0], web), max(self.peak[1], both))
            await asyncio.sleep(0.1)


async def viewed(http: httpx.AsyncClient, share: str, megabytes: int) -> int:
    """How many requests were answered."""
    messages = megabytes * 250 // 12
    paths = [f"/share/{share}?at=msg_{number * messages // PAGES:06d}" for number in range(PAGES)]
    paths += [f"/share/{share}{suffix}" for suffix in (".json", ".md") for _ in range(EXPORTS // 2)]
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(path: str) -> int:
        async with gate, http.stream("GET", path) as answer:
            async for _ in answer.aiter_raw():
                pass
            return int(answer.status_code == 200)

    return sum(await asyncio.gather(*map(one, paths)))


async def signed_in(url: str) -> int:
    """How many of the people got in."""

    async def one(number: int) -> int:
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=120) as http:
            page = await http.get("/accounts/login/")
            token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
            form = {
                "login": f"person{number}@example.com",
                "password": PASSWORD,
                "csrfmiddlewaretoken": token[1] if token else "",
            }
            answer = await http.post("/accounts/login/", data=form, headers={"Referer": url, "Origin": url})
            return int(answer.status_code == 302)

    return sum(await asyncio.gather(*map(one, range(SIGN_INS))))


async def figures(server: ConsoleServer, share: str, megabytes: int) -> None:
    memory = Memory(server.pid)
    async with httpx.AsyncClient(base_url=server.url, trust_env=False, timeout=300) as http:
        await http.get("/accounts/login/")
        tell("before", memory.now())
        watch = asyncio.create_task(memory.watch())
        count = await viewed(http, share, megabytes)
        tell(f"peak of {count} pages and exports", memory.peak)
        await asyncio.sleep(QUIET_SECONDS)
        tell("after", memory.now())
        memory.peak = (0, 0)
        count = await signed_in(server.url)
        tell(f"peak of {SIGN_INS} sign-ins at once, {count} got in", memory.peak)
        await asyncio.sleep(QUIET_SECONDS)
        watch.cancel()
        tell("after", memory.now())


def tell(name: str, megabytes: tuple[float, float]) -> None:
    sys.stdout.write(f"  {name:<44} web {megabytes[0]:7.0f} MB, with children {megabytes[1]:7.0f} MB\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tree", action="append", type=Path)
    parser.add_argument("--megabytes", type=int, default=100)
    own = parser.parse_args()
    for tree in own.tree or [ROOT]:
        server_module.ROOT = tree.resolve()
        sys.stdout.write(f"{tree}\n")
        with tempfile.TemporaryDirectory() as name:
            share = seeded(tree.resolve(), Path(name), own.megabytes)
            with ConsoleServer(Path(name)) as server:
                asyncio.run(figures(server, share, own.megabytes))


if __name__ == "__main__":
    main()

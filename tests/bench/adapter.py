"""This console as a server of the load generator: over its own sockets, and over the agents' HTTP protocol.

The generator's modules (`adapters`, `gen`, `pool`) are on the path when this is imported; see run.py.
"""

import asyncio
import itertools
import json
import os
import secrets
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import adapters
from adapters import mk
from gen import HttpConn, HttpPublisher, content, cpu_of, http_post, ws_open
from pool import RawWS

from opencode.devtools.privateservers import BUCKET, PrivateMariaDB, PrivateRedis, PrivateS3

ROOT = Path(__file__).resolve().parents[2]
ACK = b'{"type":"ack","id":"'
# A database in use has its cache full: one that fills while memory is measured would be counted as the readers'. Of a
# temporary table's pages none is written to the log.
FILL_CACHE = """
CREATE TEMPORARY TABLE opencode.filler (content LONGTEXT) ENGINE=InnoDB;
INSERT INTO opencode.filler SELECT REPEAT('x', 4000000) FROM opencode.seq_1_to_70;
"""
UPDATES = (b'{"type":"updates"', b'{"type":"snapshot"')


class SocketPublisher:
    """Publishes on one socket; `publish` returns when its ack came."""

    def __init__(self, session: str) -> None:
        self.session = session
        self.run = secrets.token_hex(4)
        self.numbers = itertools.count()
        self.waiting: dict[bytes, asyncio.Future[None]] = {}
        self.socket: Any = None

    def frame(self, _subscriber: Any, payload: bytes) -> bool:
        if payload.startswith(ACK):
            future = self.waiting.pop(payload[len(ACK) : payload.index(b'"', len(ACK))], None)
            if future is not None and not future.done():
                future.set_result(None)
        elif payload.startswith(b'{"type":"error"'):
            sys.stderr.write(payload.decode() + "\n")
        return True

    def prepare(self, k: int, seq: int) -> tuple[bytes, bytes]:
        operation = f"{self.run}-{next(self.numbers)}"
        key = f"session/part/{self.session}/msg_{k:06d}/prt_{k:06d}"
        update = f'{{"key":"{key}","content":{content(self.session, k, seq)}}}'
        text = f'{{"type":"publish","id":"{operation}","updates":[{update}]}}'
        return operation.encode(), text.encode()

    async def publish(self, raw: tuple[bytes, bytes]) -> None:
        future = self.waiting[raw[0]] = asyncio.get_running_loop().create_future()
        self.socket.send_text(raw[1])
        await future

    def close(self) -> None:
        self.socket.close()


class Console(adapters.Adapter):  # type: ignore[misc]
    """The embedded stack as `make run` starts it: web server and Celery worker, SQLite with synchronous=FULL."""

    name = "opencode"
    durable = True
    batch = True
    limits = "one Python process + Celery worker; SQLite, synchronous=FULL"
    key = ""
    serve: tuple[str, ...] = ()
    fill = ""

    def environment(self) -> dict[str, str]:
        return {
            "OPENCODE_DATA_DIR": str(Path(self.dir).resolve() / "data"),
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "OPENCODE_LOG_LEVEL": "WARNING",
            "DJANGO_SETTINGS_MODULE": "opencode.settings.embedded",
            "BENCH_FILL": self.fill,
        }

    def prepare(self) -> None:
        if self.key and (Path(self.dir) / "data").exists():
            return
        command = [sys.executable, "-m", "tests.bench.seed"]
        done = subprocess.check_output(command, env={**os.environ, **self.environment()}, cwd=ROOT, text=True)
        self.key = done.strip().splitlines()[-1]

    def cmds(self) -> list[Any]:
        return [
            (
                [sys.executable, "manage.py", "serve", *self.serve, *os.environ.get("BENCH_SERVE", "").split()],
                self.environment(),
                str(ROOT),
            )
        ]

    async def ready(self) -> None:
        for _ in range(200):
            connection = await HttpConn.open("127.0.0.1", self.port)
            status, _ = await connection.request(b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            connection.close()
            if status == 200:
                return await self._worker_settled()
            await asyncio.sleep(0.1)
        raise RuntimeError("the console is not ready")

    async def _worker_settled(self) -> None:
        """Until the worker has started: it is part of what is measured, its start is not."""
        for _ in range(100):
            before = cpu_of(self.pids)
            await asyncio.sleep(0.3)
            if cpu_of(self.pids) - before < 0.03:
                return

    async def new_session(self, i: int) -> dict[str, str]:
        return {"id": f"ses_bench{i:08d}"}

    def headers(self, _session: dict[str, str]) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    def sub_path(self, session: dict[str, str]) -> str:
        return f"/sync/v1/sessions/{session['id']}"

    async def sub(self, session: dict[str, str], want: int = 0) -> Any:
        return await self._open(session, mk(want), lambda _subscriber, payload: not payload.startswith(UPDATES))

    def raw_sub(self, session: dict[str, str]) -> tuple[Any, int]:
        return RawWS(self.port, self.sub_path(session), headers=list(self.headers(session).items())), 0

    async def pub(self, session: dict[str, str], window: int) -> Any:
        publisher = SocketPublisher(session["id"])
        publisher.socket = await self._open(session, mk(0), publisher.frame)
        return publisher

    async def _open(self, session: dict[str, str], kind: Any, hook: Any) -> Any:
        url = f"ws://127.0.0.1:{self.port}{self.sub_path(session)}"
        return await ws_open(url, kind, headers=self.headers(session), hook=hook)


class ConsoleByAgents(Console):
    """The same server, written to as an agent writes: POST /api/share/<id>/sync."""

    name = "opencode-agent-http"

    async def new_session(self, i: int) -> dict[str, str]:
        session = f"ses_bench{i:08d}"
        connection = await HttpConn.open("127.0.0.1", self.port)
        status, body = await connection.request(http_post("/api/share", json.dumps({"sessionID": session})))
        connection.close()
        assert status < 300, (status, body)
        share = json.loads(body)
        return {"id": session, "share": share["id"], "secret": share["secret"]}

    def headers(self, session: dict[str, str]) -> dict[str, str]:
        return {}

    def sub_path(self, session: dict[str, str]) -> str:
        return f"/sync/v1/sessions/{session['share']}"

    async def pub(self, session: dict[str, str], window: int) -> Any:
        path, secret, name = f"/api/share/{session['share']}/sync", session["secret"], session["id"]

        def build(k: int, seq: int) -> bytes:
            item = f'{{"type":"part","data":{content(name, k, seq)}}}'
            return http_post(path, f'{{"secret":"{secret}","data":[{item}]}}')

        return await HttpPublisher(build).open("127.0.0.1", self.port, window)


class ConsoleOnServers(Console):
    """The server stack, all on the server's core: MariaDB (flushes every commit), Redis, moto, one web process."""

    name = "opencode-servers"
    limits = "one Python process + Celery worker + beat; MariaDB, innodb_flush_log_at_trx_commit=1; Redis; moto"

    def __init__(self, port: int, workdir: str, pin: str | None = None) -> None:
        super().__init__(port, workdir, pin)
        folder = Path(workdir).resolve() / "servers"
        self.mariadb = PrivateMariaDB(folder / "mariadb", port + 2000)
        self.redis_server = PrivateRedis(folder / "redis", port + 1000)
        self.s3 = PrivateS3(folder / "s3", port + 3000)

    def environment(self) -> dict[str, str]:
        return {
            **super().environment(),
            "DJANGO_SETTINGS_MODULE": "opencode.settings.production",
            "OPENCODE_PUBLIC_URL": f"http://127.0.0.1:{self.port}",
            "OPENCODE_SECRET_KEY": "b" * 50,
            "OPENCODE_HASH_KEYS": "1:" + "b" * 50,
            "DATABASE_URL": self.mariadb.url,
            "REDIS_URL": self.redis_server.url,
            "S3_BUCKET": BUCKET,
            "S3_ENDPOINT_URL": self.s3.url,
            "S3_ACCESS_KEY_ID": "private",
            "S3_SECRET_ACCESS_KEY": "private",
        }

    def prepare(self) -> None:
        for server in (self.mariadb, self.redis_server, self.s3):
            server.folder.mkdir(parents=True, exist_ok=True)
            server.prepare()
            self._spawn(list(server.command()))
            while not server.is_up():
                time.sleep(0.1)
            server.after_start()
        self.mariadb.execute(FILL_CACHE)
        super().prepare()


class ConsoleOnServersByAgents(ConsoleOnServers, ConsoleByAgents):
    name = "opencode-servers-agent-http"


class FullConsoleByAgents(ConsoleByAgents):
    """A database in use: 1 M entries in 5,000 sessions."""

    name = "opencode-agent-http-full"
    fill = "5000x200"


class FullConsoleOnServersByAgents(ConsoleOnServersByAgents):
    name = "opencode-servers-agent-http-full"
    fill = "5000x200"


class ConsoleOnServersTwice(ConsoleOnServers):
    """Two web processes on the one port."""

    name = "opencode-servers-2"
    limits = "two Python processes + Celery worker + beat; the rest as opencode-servers"
    serve = ("--processes", "2")


ADAPTERS = [
    Console,
    ConsoleByAgents,
    FullConsoleByAgents,
    ConsoleOnServers,
    ConsoleOnServersByAgents,
    FullConsoleOnServersByAgents,
    ConsoleOnServersTwice,
]

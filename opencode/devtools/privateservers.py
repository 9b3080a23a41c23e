"""Private MariaDB, Redis and S3 (moto) from installed binaries: free loopback ports, stopped by pid with their user.

For `make run-servers` and for tests on the server stack; nothing here is for production.
"""

import getpass
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from opencode.server.lifeline import ending_with_parent

START_SECONDS: Final = 60
STOP_SECONDS: Final = 20
APT_LINE: Final = "apt-get install mariadb-server redis-server pkg-config default-libmysqlclient-dev gcc"
DATABASE_PASSWORD: Final = "private"  # noqa: S105 - reachable on this machine's loopback only
BUCKET: Final = "opencode"
# Enough for each test's console to have one.
REDIS_DATABASES: Final = 1024
LAUNCH_BUCKET: Final = (
    "import boto3, sys; boto3.client('s3', endpoint_url=sys.argv[1], aws_access_key_id='private', "
    "aws_secret_access_key='private', region_name='us-east-1').create_bucket(Bucket=sys.argv[2])"
)


class ServerMissing(Exception):
    """A program is not installed; the message says how to get it."""


class ServerFailed(Exception):
    """A server did not start; the message ends with its log."""


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def program(name: str) -> str:
    """The path of an installed program. Raises ServerMissing."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None:
        raise ServerMissing(f"{name} is not installed; on Debian: {APT_LINE}")
    return found


class PrivateServer:
    """One server process with its folder; a subclass says how to start it and when it is ready."""

    name = ""

    def __init__(self, folder: Path, port: int | None = None) -> None:
        self.folder = folder
        self.port = port or free_port()
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)

    def command(self) -> Sequence[str]:
        raise NotImplementedError

    def prepare(self) -> None:
        """Hook: runs before the first start."""

    def after_start(self) -> None:
        """Hook: runs at every start, once the server answers."""

    def start(self) -> None:
        """Start the server and wait until it answers. Raises ServerMissing or ServerFailed."""
        self.prepare()
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                ending_with_parent(self.command()),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._wait_for(self.is_up)
        self.after_start()

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def kill9(self) -> None:
        """Send SIGKILL, to act like a crash."""
        process, self._process = self._process, None
        if process is not None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    @property
    def pid(self) -> int:
        """The running server's process id."""
        if self._process is None:
            raise ServerFailed(f"{self.name} is not running")
        return self._process.pid

    def is_up(self) -> bool:
        with closing(socket.socket()) as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def _wait_for(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not condition():
            ended = self._process is None or self._process.poll() is not None
            if ended or time.monotonic() > deadline:
                self.kill9() if not ended else None
                raise ServerFailed(f"{self.name} did not start\n{(self.folder / 'server.log').read_text()[-2000:]}")
            time.sleep(0.05)


class PrivateMariaDB(PrivateServer):
    """Durable as in production: `innodb_flush_log_at_trx_commit=1`."""

    name = "mariadbd"

    @property
    def url(self) -> str:
        return self.database_url("opencode")

    def database_url(self, name: str) -> str:
        return f"mysql://console:{DATABASE_PASSWORD}@127.0.0.1:{self.port}/{name}"

    def prepare(self) -> None:
        if (self.folder / "data" / "mysql").exists():
            return
        subprocess.run(
            [
                program("mariadb-install-db"),
                "--no-defaults",
                f"--user={getpass.getuser()}",
                f"--datadir={self.folder / 'data'}",
                "--auth-root-authentication-method=socket",
                f"--auth-root-socket-user={getpass.getuser()}",
                "--skip-test-db",
            ],
            check=True,
            capture_output=True,
        )

    def command(self) -> Sequence[str]:
        return [
            program("mariadbd"),
            "--no-defaults",
            f"--user={getpass.getuser()}",
            f"--datadir={self.folder / 'data'}",
            f"--socket={self._socket}",
            f"--port={self.port}",
            "--bind-address=127.0.0.1",
            "--innodb-flush-log-at-trx-commit=1",
            "--innodb-buffer-pool-size=256M",
            "--max-connections=300",
        ]

    def after_start(self) -> None:
        self.execute(
            f"CREATE USER IF NOT EXISTS 'console'@'%' IDENTIFIED BY '{DATABASE_PASSWORD}'; "
            "GRANT ALL ON *.* TO 'console'@'%';"
        )
        self.create_database("opencode")

    def create_database(self, name: str) -> str:
        """Create the database if missing, with the one collation the console is correct under; returns its URL."""
        self.execute(f"CREATE DATABASE IF NOT EXISTS `{name}` CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin")
        return self.database_url(name)

    def execute(self, sql: str) -> None:
        subprocess.run(
            [program("mariadb"), "--no-defaults", f"--socket={self._socket}"],
            check=True,
            capture_output=True,
            input=sql.encode(),
        )

    def is_up(self) -> bool:
        done = subprocess.run(
            [program("mariadb"), "--no-defaults", f"--socket={self._socket}", "--execute", "SELECT 1"],
            check=False,
            capture_output=True,
        )
        return done.returncode == 0

    @property
    def _socket(self) -> str:
        """The socket's path, kept short: only 107 bytes are allowed."""
        return f"/tmp/opencode-mariadb-{self.port}.sock"  # noqa: S108


class PrivateRedis(PrivateServer):
    name = "redis-server"

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def command(self) -> Sequence[str]:
        return [
            program("redis-server"), "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
            "--dir", str(self.folder), "--databases", str(REDIS_DATABASES),
        ]  # fmt: skip


class PrivateS3(PrivateServer):
    """moto's server: in memory, so its objects live as long as it does."""

    name = "moto_server"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def command(self) -> Sequence[str]:
        moto = Path(sys.executable).parent / "moto_server"
        if not moto.exists():
            raise ServerMissing("moto_server is not installed; `make install-dev` brings it")
        return [str(moto), "-H", "127.0.0.1", "-p", str(self.port)]

    def after_start(self) -> None:
        subprocess.run([sys.executable, "-c", LAUNCH_BUCKET, self.url, BUCKET], check=True, capture_output=True)


class PrivateServers:
    """All three, as a context manager. `environment()` is what the console needs to use them."""

    def __init__(self, folder: Path) -> None:
        self.mariadb = PrivateMariaDB(folder / "mariadb")
        self.redis = PrivateRedis(folder / "redis")
        self.s3 = PrivateS3(folder / "s3")

    def __enter__(self) -> Self:
        """Start all three. Raises ServerMissing or ServerFailed."""
        if importlib.util.find_spec("MySQLdb") is None:
            raise ServerMissing(f"mysqlclient is not installed; on Debian: {APT_LINE}; then make install-dev")
        try:
            for server in (self.mariadb, self.redis, self.s3):
                server.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        for server in (self.s3, self.redis, self.mariadb):
            server.stop()

    def environment(self) -> dict[str, str]:
        return {
            "DATABASE_URL": self.mariadb.url,
            "REDIS_URL": self.redis.url,
            "S3_BUCKET": BUCKET,
            "S3_ENDPOINT_URL": self.s3.url,
            "S3_ACCESS_KEY_ID": "private",
            "S3_SECRET_ACCESS_KEY": "private",
            "S3_REGION": "us-east-1",
        }

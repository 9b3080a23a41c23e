"""What one console of a test has for itself on the server stack: a database, a Redis number, a bucket.

The servers are those that DATABASE_URL, REDIS_URL and S3_ENDPOINT_URL name: `python -m
opencode.devtools.withservers` sets them.
"""

import os
import subprocess
from pathlib import Path
from typing import Self

import httpx
import redis

from opencode.devtools.privateservers import REDIS_DATABASES, program
from opencode.settings.sources.database import COLLATION, database_settings

DUMP = "database.sql"


def runs_on_servers() -> bool:
    return bool(os.environ.get("DATABASE_URL"))


class ServerStack:
    """Made empty, or from the dump in a copied data directory."""

    def __init__(self, data_dir: Path) -> None:
        self._number = self._next_number()
        self._name = f"console_{self._number}"
        self.database_url = self._beside(os.environ["DATABASE_URL"], self._name)
        self.redis_url = self._beside(os.environ["REDIS_URL"], str(self._number % (REDIS_DATABASES - 1) + 1))
        self._bucket = f"console-{self._number}"
        self._sql(f"CREATE DATABASE {self._name} CHARACTER SET utf8mb4 COLLATE {COLLATION}")
        httpx.put(f"{os.environ['S3_ENDPOINT_URL']}/{self._bucket}", trust_env=False).raise_for_status()
        if (data_dir / DUMP).exists():
            self._client("mariadb", self._name, input=(data_dir / DUMP).read_bytes())

    @classmethod
    def of(cls, data_dir: Path) -> Self | None:
        """None on the embedded stack, where the data directory holds everything."""
        return cls(data_dir) if runs_on_servers() else None

    def environment(self, url: str) -> dict[str, str]:
        names = ("S3_ENDPOINT_URL", "S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY", "S3_REGION")
        return {
            **{name: os.environ[name] for name in names},
            "DJANGO_SETTINGS_MODULE": "opencode.settings.production",
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "S3_BUCKET": self._bucket,
            "OPENCODE_PUBLIC_URL": url,
            "OPENCODE_SECRET_KEY": "of a test's console, known to all",
            "OPENCODE_HASH_KEYS": "1:a key of the tests that everybody knows",
        }

    def dump(self, data_dir: Path) -> None:
        """Leave the database's content where a copy of the data directory takes it along."""
        (data_dir / DUMP).write_bytes(self._client("mariadb-dump", "--single-transaction", self._name))

    def discard(self) -> None:
        self._sql(f"DROP DATABASE {self._name}")

    def _sql(self, statement: str) -> None:
        self._client("mariadb", "--execute", statement)

    def _client(self, name: str, *arguments: str, input: bytes = b"") -> bytes:
        settings = database_settings(os.environ["DATABASE_URL"])
        access = [f"--host={settings['HOST']}", f"--port={settings['PORT']}", f"--user={settings['USER']}"]
        command = [program(name), "--no-defaults", *access, f"--password={settings['PASSWORD']}", *arguments]
        return subprocess.run(command, check=True, input=input, stdout=subprocess.PIPE).stdout

    @staticmethod
    def _beside(url: str, name: str) -> str:
        return f"{url.rpartition('/')[0]}/{name}"

    @staticmethod
    def _next_number() -> int:
        with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
            return int(client.incr("test-consoles"))  # type: ignore[arg-type]

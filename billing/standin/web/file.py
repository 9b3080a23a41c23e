"""The file in which a sandbox survives a restart: SQLite, a row for each record, written after every request."""

import secrets
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Final

from billing.standin.sandbox import Sandbox

SCHEMA: Final = """
create table if not exists record (
  position integer primary key, kind text not null, id text not null, body text not null, unique (kind, id)
)"""
UPSERT: Final = """
insert into record (kind, id, body) values (?, ?, ?) on conflict (kind, id) do update set body = excluded.body"""


class SandboxFile:
    """Opens or makes the file. Raises sqlite3.DatabaseError when it is something else."""

    def __init__(self, path: Path) -> None:
        # Only the server's own thread uses it; it may be opened in another.
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.execute("pragma journal_mode=wal")
        self._connection.execute("pragma synchronous=normal")
        self._connection.execute(SCHEMA)

    def sandbox(self, clock: Callable[[], int], base_url: str) -> Sandbox:
        """The sandbox as it was left; with a new file, an empty one whose ids nobody can guess."""
        kept = Sandbox(seed=secrets.token_hex(16), clock=clock, base_url=base_url)
        kept.load(self._connection.execute("select kind, id, body from record order by position"))
        return kept

    def write(self, sandbox: Sandbox) -> None:
        """Write what has changed, in one transaction."""
        rows = sandbox.unwritten()
        if not rows:
            return
        self._connection.execute("begin immediate")
        for kind, id_, text in rows:
            if text is None:
                self._connection.execute("delete from record where kind = ? and id = ?", (kind, id_))
            else:
                self._connection.execute(UPSERT, (kind, id_, text))
        self._connection.execute("commit")

    def close(self) -> None:
        self._connection.close()

"""What the embedded stack keeps on disk is for its user alone."""

import sqlite3
import stat
from pathlib import Path

import pytest

from opencode.settings.sources.datadir import DATABASE_NAME, private_directory, secret_of
from tests.support.server import ConsoleServer


def modes(folder: Path) -> dict[str, int]:
    files = [folder, *folder.glob(f"{DATABASE_NAME}*"), *folder.glob("*_key*")]
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in files}


def test_a_new_directory_and_its_database_are_private(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    private_directory(folder)
    secret_of(folder, "secret_key")
    with sqlite3.connect(folder / DATABASE_NAME) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE t (x)")
        assert modes(folder) == {
            "data": 0o700,
            DATABASE_NAME: 0o600,
            f"{DATABASE_NAME}-wal": 0o600,
            f"{DATABASE_NAME}-shm": 0o600,
            "secret_key": 0o600,
        }
    database.close()


def test_what_an_earlier_release_left_open_is_closed(tmp_path: Path) -> None:
    for name in (DATABASE_NAME, f"{DATABASE_NAME}-wal"):
        (tmp_path / name).touch(mode=0o644)
    tmp_path.chmod(0o755)
    private_directory(tmp_path)
    assert set(modes(tmp_path).values()) == {0o700, 0o600}


@pytest.mark.embedded
def test_a_running_console_has_a_private_directory(console_server: ConsoleServer) -> None:
    found = modes(console_server.data_dir)
    assert found.pop(console_server.data_dir.name) == 0o700
    assert set(found.values()) == {0o600}

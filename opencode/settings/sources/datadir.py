"""The embedded stack's data directory besides the database: generated secrets, the broker's folders."""

import contextlib
import os
import secrets
from pathlib import Path
from typing import Final

DATABASE_NAME: Final = "console.sqlite3"


def private_directory(data_dir: Path) -> None:
    """Make the directory and its database accessible to this user only, also those of earlier releases.

    The umask does the same for everything this process and its children write from here on.
    """
    os.umask(0o077)
    data_dir.mkdir(parents=True, exist_ok=True)
    data_dir.chmod(0o700)
    for path in data_dir.glob(f"{DATABASE_NAME}*"):
        with contextlib.suppress(FileNotFoundError):
            path.chmod(0o600)


def secret_of(data_dir: Path, name: str) -> str:
    """The secret in `data_dir/name`, generated at first use, readable by its owner only.

    Two processes starting at once end up with the same secret: the file appears whole, once.
    """
    path = data_dir / name
    data_dir.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        draft = data_dir / f".{name}.{os.getpid()}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return path.read_text().strip()


def broker_directories(data_dir: Path) -> dict[str, str]:
    """Celery's file-system transport: one folder serves as in- and outbox, created when missing."""
    queue = data_dir / "queue"
    for folder in (queue / "messages", queue / "control"):
        folder.mkdir(parents=True, exist_ok=True)
    return {
        "data_folder_in": str(queue / "messages"),
        "data_folder_out": str(queue / "messages"),
        "control_folder": str(queue / "control"),
    }

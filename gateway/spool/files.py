"""A process's spool: a file of its own below OPENCODE_SPOOL_DIR, a line for each call to settle, a line when it is.

Lines are written before the ledger is asked. They survive the process being killed, not the machine losing power.
"""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from billing.services.work import UsageDetails

SUFFIX: Final = ".spool"
RENEWED_BYTES: Final = 1024 * 1024
"""A file of this size is begun anew with what is due."""


class Due(msgspec.Struct, frozen=True):
    """A call to settle. `payer` is `host` or `own`; `body` the usage object as JSON, for staff when quarantined."""

    workspace_id: str
    request_id: str
    parts: tuple[UsageDetails, ...]
    payer: str
    fingerprint: str
    wire_format: str = ""
    body: str = ""


class _Line(msgspec.Struct, omit_defaults=True):
    due: Due | None = None
    done: str = ""


class SpoolFile:
    """Append-only, locked for as long as its process lives. Raises OSError when the folder cannot be written to."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"{os.getpid()}-{secrets.token_hex(8)}{SUFFIX}"
        self.due: dict[str, Due] = {}
        self._file = -1
        self._begin()

    def add(self, due: Due) -> None:
        """Keep a call until `done`. Raises OSError, with nothing kept."""
        self._write(_Line(due=due))
        self.due[due.request_id] = due

    def done(self, request_id: str) -> None:
        """The call is settled, or never will be. A line that cannot be written leads to a harmless repeat."""
        self.due.pop(request_id, None)
        with suppress(OSError):
            self._write(_Line(done=request_id))
            if self._size > RENEWED_BYTES:
                self._begin()

    def close(self) -> None:
        """Leave the file to others when something is due, else remove it."""
        if not self.due:
            with suppress(OSError):
                self.path.unlink()
        os.close(self._file)

    def _begin(self) -> None:
        """A file with only what is due; it has its name only once it is locked, or others would take it for left."""
        begun = self.path.with_suffix(".new")
        before, file = self._file, os.open(begun, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_APPEND, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._file, self._size = file, 0
            for due in self.due.values():
                self._write(_Line(due=due))
            begun.replace(self.path)
        except OSError:
            self._file = before
            os.close(file)
            raise
        if before >= 0:
            os.close(before)

    def _write(self, line: _Line) -> None:
        data = msgspec.json.encode(line) + b"\n"
        written = os.write(self._file, data)
        if written < len(data):
            os.ftruncate(self._file, self._size)
            raise OSError("the disk is full")
        self._size += written


def spool_writable(folder: Path) -> bool:
    """Whether a process could begin a spool there now."""
    try:
        SpoolFile(folder).close()
    except OSError:
        return False
    return True


class LeftSpool:
    """The spool of a process that is gone, locked by this one meanwhile. A context manager."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor

    def __enter__(self) -> list[Due]:
        """What is due in it. A line that was cut off in the middle was never acted upon."""
        due: dict[str, Due] = {}
        for text in self.path.read_bytes().splitlines():
            try:
                line = msgspec.json.decode(text, type=_Line)
            except msgspec.MsgspecError:
                continue
            if line.due is not None:
                due[line.due.request_id] = line.due
            due.pop(line.done, None)
        return list(due.values())

    def __exit__(self, *_error: object) -> None:
        os.close(self._descriptor)

    def remove(self) -> None:
        """Everything in it is settled."""
        self.path.unlink(missing_ok=True)


def left_spools(folder: Path) -> Iterator[LeftSpool]:
    """The spools that no living process on this machine holds."""
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        try:
            descriptor = os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            continue
        yield LeftSpool(path, descriptor)

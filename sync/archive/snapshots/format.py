"""A snapshot's bytes: gzip over JSON lines, a header first, then one line an entry in the order of `seq`.

An entry's content is a string holding the JSON text as it was received, so that a restored session is identical
byte for byte. Equal states give equal bytes.
"""

import gzip
import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import IO, Final, NamedTuple

import msgspec

from sync.store import SnapshotEntry

FORMAT: Final = "opencode.session.v1"
COMPRESSION_LEVEL: Final = 6
IN_MEMORY_BYTES: Final = 8 * 1024 * 1024


class SnapshotHeader(msgspec.Struct, frozen=True, kw_only=True):
    """The first line. `entries` counts the lines that follow, tombstones included."""

    format: str
    session: str
    epoch: str
    seq: int
    entries: int


class PackedSnapshot(NamedTuple):
    """The bytes, in memory or, when large, in an unnamed temporary file that is deleted when closed."""

    file: IO[bytes]
    sha256: str
    size: int
    entries: int


def pack(header: SnapshotHeader, entries: Iterable[SnapshotEntry]) -> PackedSnapshot:
    """Compress while reading, so that a large session is never whole in memory."""
    with ExitStack() as on_failure:
        file = on_failure.enter_context(tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES))
        count = _write_lines(file, header, entries)
        size = file.tell()
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        on_failure.pop_all()
    return PackedSnapshot(file, digest, size, count)


def _write_lines(file: IO[bytes], header: SnapshotHeader, entries: Iterable[SnapshotEntry]) -> int:
    encode = msgspec.json.encode
    count = 0
    # gzip's header gets no name and no time: they would make equal states differ.
    with gzip.GzipFile(filename="", fileobj=file, mode="wb", compresslevel=COMPRESSION_LEVEL, mtime=0) as lines:
        lines.write(encode(header) + b"\n")
        for entry in entries:
            lines.write(encode(entry) + b"\n")
            count += 1
    return count


def unpack(file: IO[bytes]) -> tuple[SnapshotHeader, Iterator[SnapshotEntry]]:
    """The header at once, the entries while iterating. Raises msgspec.DecodeError or OSError for any other bytes."""
    lines = gzip.GzipFile(fileobj=file, mode="rb")
    header = msgspec.json.decode(lines.readline(), type=SnapshotHeader)
    decoder = msgspec.json.Decoder(SnapshotEntry)
    return header, (decoder.decode(line) for line in lines)

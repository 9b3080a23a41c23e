"""The bytes of a snapshot."""

import gzip
from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.archive.snapshots import SnapshotHeader, pack, unpack
from sync.store import SnapshotEntry


def header(entries: int) -> SnapshotHeader:
    return SnapshotHeader(format="f", session="s", epoch="e", seq=9, entries=entries)


@given(st.lists(st.text(max_size=40), max_size=8))
def test_any_text_survives_packing(contents: list[str]) -> None:
    entries = [SnapshotEntry(f"k{i}", i, i, False, text) for i, text in enumerate(contents)]
    with pack(header(len(entries)), entries).file as file:
        read, lines = unpack(file)
        assert (read, list(lines)) == (header(len(entries)), entries)


def test_equal_states_give_equal_bytes() -> None:
    entries = [SnapshotEntry("k", 1, 0, False, "{}")]
    first, second = pack(header(1), entries), pack(header(1), entries)
    with first.file, second.file:
        assert first.sha256 == second.sha256
        assert first.file.read() == second.file.read()


def test_first_line_is_readable_with_ordinary_tools() -> None:
    with pack(header(0), []).file as file:
        line = gzip.decompress(file.read()).splitlines()[0]
    assert msgspec.json.decode(line) == {"format": "f", "session": "s", "epoch": "e", "seq": 9, "entries": 0}


def test_read_that_breaks_off_leaves_no_file_open() -> None:
    def broken() -> Iterator[SnapshotEntry]:
        yield SnapshotEntry("k", 1, 0, False, "{}")
        raise ConnectionError("the database went away")

    # An unclosed file would show as a warning, and warnings are errors here.
    with pytest.raises(ConnectionError):
        pack(header(1), broken())


def test_cut_bytes_are_told_apart() -> None:
    with pack(header(1), [SnapshotEntry("k", 1, 0, False, "{}")]).file as file:
        whole = file.read()
    with pytest.raises(EOFError):
        gzip.decompress(whole[:-9])

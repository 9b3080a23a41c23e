"""Objects on files."""

from pathlib import Path

import pytest
from django.core.files.base import ContentFile

from opencode.lib.storage import DurableFileSystemStorage


def test_object_reads_back(tmp_path: Path) -> None:
    storage = DurableFileSystemStorage(location=tmp_path)
    name = storage.save("a/b.bin", ContentFile(b"content"))
    with storage.open(name) as stored:
        assert stored.read() == b"content"


def test_failed_write_leaves_no_object(tmp_path: Path) -> None:
    class Broken(ContentFile[bytes]):
        def chunks(self, chunk_size: int | None = None):  # type: ignore[no-untyped-def]
            yield b"half"
            raise OSError("disk is gone")

    storage = DurableFileSystemStorage(location=tmp_path)
    with pytest.raises(OSError, match="disk is gone"):
        storage.save("whole.bin", Broken(b"content"))
    assert not storage.exists("whole.bin")

"""Object storage on files, in which objects appear whole or not at all, even when the writer is killed.

Also recognises S3's errors without importing boto3, which is large and loaded only where S3 is used.
"""

import os
import sys
from pathlib import Path

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, Storage
from ulid import ULID


class DurableFileSystemStorage(FileSystemStorage):
    """Writes a draft beside the object, syncs it, then links it: a reader never sees half an object.

    A link, unlike a rename, fails when the name exists: of two writers of one name the second changes nothing.
    """

    def save_new(self, name: str, content: File[bytes]) -> bool:
        """Store under exactly this name; False, with nothing changed, when an object of that name exists."""
        try:
            self._save(name, content)
        except FileExistsError:
            return False
        return True

    def _save(self, name: str, content: File[bytes]) -> str:
        target = Path(self.path(name))
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.parent / f".{ULID()}.draft"
        try:
            with draft.open("wb") as file:
                for chunk in content.chunks():
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            os.link(draft, target)
        finally:
            draft.unlink(missing_ok=True)
        directory = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
        return name


def is_s3(storage: Storage) -> bool:
    s3 = sys.modules.get("storages.backends.s3")
    return s3 is not None and isinstance(storage, s3.S3Storage)


def storage_errors() -> tuple[type[Exception], ...]:
    """The exceptions that reading from the configured storage may raise while it is unreachable."""
    botocore = sys.modules.get("botocore.exceptions")
    return (OSError,) if botocore is None else (OSError, botocore.BotoCoreError, botocore.ClientError)

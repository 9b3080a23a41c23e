"""Object storage on files whose objects appear whole or not at all, even when the writer is killed.

And what tells S3 apart without loading it: boto3 is large, and of use only where there is S3, which has loaded it then.
"""

import os
import sys
from pathlib import Path

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, Storage
from ulid import ULID


class DurableFileSystemStorage(FileSystemStorage):
    """Writes to a draft beside the object, syncs it, then links it: a reader never sees a half object.

    A link, unlike a rename, fails where there is one already: of two writers of one name the second changes nothing.
    """

    def save_new(self, name: str, content: File[bytes]) -> bool:
        """Store under exactly this name; False, and nothing changed, when there is an object of that name."""
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
    """What reading from the configured storage may raise while it is away."""
    botocore = sys.modules.get("botocore.exceptions")
    return (OSError,) if botocore is None else (OSError, botocore.BotoCoreError, botocore.ClientError)

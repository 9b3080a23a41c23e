"""Object storage on files whose objects appear whole or not at all, even when the writer is killed."""

import os
from pathlib import Path

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage
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

"""Object storages of a test's own: a folder, a private S3 server, and one that does not answer."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.base import File
from django.core.files.storage import Storage

from opencode.devtools.privateservers import BUCKET
from opencode.settings.sources.environment import Environment
from opencode.settings.sources.objectstorage import s3_storage

AWAY = {"BACKEND": "tests.support.storages.AwayStorage"}


class AwayStorage(Storage):
    """Object storage that does not answer."""

    def _open(self, name: str, mode: str = "rb") -> File[bytes]:
        raise ConnectionError("the object storage is away")


def keep_snapshots_in(settings: LazySettings, backend: dict[str, Any]) -> None:
    """From now on, until the test ends."""
    settings.STORAGES = {**settings.STORAGES, "snapshots": backend}


def folder_backend(folder: Path) -> dict[str, Any]:
    return {"BACKEND": "opencode.lib.storage.DurableFileSystemStorage", "OPTIONS": {"location": folder}}


def s3_backend(url: str) -> dict[str, Any]:
    """The bucket of a private S3 server."""
    return s3_storage(
        Environment(
            S3_BUCKET=BUCKET,
            S3_ENDPOINT_URL=url,
            S3_ACCESS_KEY_ID="private",
            S3_SECRET_ACCESS_KEY="private",
            S3_REGION="us-east-1",
        )
    )


@pytest.fixture
def objects(settings: LazySettings, tmp_path: Path) -> Path:
    """Snapshots are kept in this folder."""
    folder = tmp_path / "objects"
    keep_snapshots_in(settings, folder_backend(folder))
    return folder

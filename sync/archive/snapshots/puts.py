"""Conditional puts: of two workers that store one name, one wins and the other changes nothing.

On S3 by `If-None-Match: *`, which `storages` cannot say; on files by a link, which fails where there is one already.
"""

from typing import IO, Any, Final

from django.core.files.base import File
from django.core.files.storage import Storage

from opencode.lib.storage import DurableFileSystemStorage, is_s3

# What S3 and its likes answer when there is such an object, or when one is being put at this moment.
EXISTS: Final = {"PreconditionFailed", "412"}


def put_new(storage: Storage, name: str, file: IO[bytes]) -> bool:
    """Store the bytes under exactly this name; False, and nothing changed, when there is an object of that name."""
    if isinstance(storage, DurableFileSystemStorage):
        return storage.save_new(name, File(file))
    if is_s3(storage):
        return _put_object(storage, name, file)
    raise TypeError(f"{type(storage).__name__} cannot put conditionally")


def _put_object(storage: Any, name: str, file: IO[bytes]) -> bool:
    # Late: boto3 is 25 MB of memory that is of use only where there is S3.
    from botocore.exceptions import ClientError

    client = storage.connection.meta.client
    # botocore closes what it sends; the caller's file stays open.
    file.seek(0)
    try:
        client.put_object(Bucket=storage.bucket_name, Key=name, Body=file.read(), IfNoneMatch="*")
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in EXISTS:
            return False
        raise
    return True

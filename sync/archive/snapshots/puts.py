"""Conditional puts: when two workers store under one name, one wins and the other changes nothing.

On S3 by `If-None-Match: *`, which `storages` has no option for; on files by a link, which fails if the name exists.
"""

from typing import IO, Any, Final

from django.core.files.base import File
from django.core.files.storage import Storage

from opencode.lib.storage import DurableFileSystemStorage, is_s3

# S3's answers when the object exists, or when another put of it is under way.
EXISTS: Final = {"PreconditionFailed", "412"}


def put_new(storage: Storage, name: str, file: IO[bytes]) -> bool:
    """Store the bytes under exactly this name; False, with nothing changed, when an object of that name exists."""
    if isinstance(storage, DurableFileSystemStorage):
        return storage.save_new(name, File(file))
    if is_s3(storage):
        return _put_object(storage, name, file)
    raise TypeError(f"{type(storage).__name__} cannot put conditionally")


def _put_object(storage: Any, name: str, file: IO[bytes]) -> bool:
    # Imported here: boto3 takes 25 MB of memory and is needed only with S3.
    from botocore.exceptions import ClientError

    client = storage.connection.meta.client
    # botocore closes the file it sends; the caller's stays open.
    file.seek(0)
    try:
        client.put_object(Bucket=storage.bucket_name, Key=name, Body=file.read(), IfNoneMatch="*")
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in EXISTS:
            return False
        raise
    return True

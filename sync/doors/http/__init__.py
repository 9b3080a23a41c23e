"""Session sync over plain HTTP, without WebSockets: the same frames as events, pulls and pushes.

The door: `application`, for the addresses of `is_sync_path`.
"""

from sync.doors.http.application import application, is_sync_path

__all__ = ["application", "is_sync_path"]

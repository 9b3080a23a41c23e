"""Session sync over plain HTTP, without WebSockets: the same frames as events, pulls and pushes."""

from sync.doors.http.application import application, is_sync_path

__all__ = ["application", "is_sync_path"]

"""Session sync over plain HTTP, without WebSockets: the same frames as events, pulls and pushes."""

from sync.doors.http.application import application, is_api_path

__all__ = ["application", "is_api_path"]

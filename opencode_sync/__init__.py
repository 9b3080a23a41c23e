"""A client of `opencode.sync.v1` for Python programs: `SyncClient` is its door. It knows nothing of Django."""

from opencode_sync.client import Frame, Gap, Position, SyncClient, SyncEnded, SyncRefused, SyncStream

__all__ = ["Frame", "Gap", "Position", "SyncClient", "SyncEnded", "SyncRefused", "SyncStream"]

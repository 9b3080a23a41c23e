"""A client of `opencode.sync.v1` for Python programs: `SyncClient` is its door. It knows nothing of the console."""

from opencode_sync.client import SyncClient
from opencode_sync.errors import Gap, SyncEnded, SyncRefused
from opencode_sync.stream import Frame, Position, SyncStream

__all__ = ["Frame", "Gap", "Position", "SyncClient", "SyncEnded", "SyncRefused", "SyncStream"]

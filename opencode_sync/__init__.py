"""A client of `opencode.sync.v1` for Python programs; start with `SyncClient`. It depends on no code of the console."""

from opencode_sync.client import SyncClient
from opencode_sync.errors import Gap, SyncEnded, SyncRefused
from opencode_sync.stream import Frame, Position, SyncStream

__all__ = ["Frame", "Gap", "Position", "SyncClient", "SyncEnded", "SyncRefused", "SyncStream"]

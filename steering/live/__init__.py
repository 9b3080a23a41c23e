"""The bridges that are connected to this process, what they say on its way to rows and sessions, and the beat.

The door: `Bridge`, `get_bridges`, `asks_project` and `steering_start`.
"""

from steering.live.bridges import Bridge, get_bridges
from steering.live.projecting import asks_project
from steering.live.running import steering_start

__all__ = ["Bridge", "asks_project", "get_bridges", "steering_start"]

"""The bridges that are connected to this process, what they say on its way to rows and sessions, and the beat.

The door: `Bridge`, `get_bridges`, `asks_project`, `commands_deliver` and `steering_start`.
"""

from steering.live.bridges import Bridge, get_bridges
from steering.live.delivering import commands_deliver, commands_deliver_soon
from steering.live.projecting import asks_project
from steering.live.running import steering_start

__all__ = ["Bridge", "asks_project", "commands_deliver", "commands_deliver_soon", "get_bridges", "steering_start"]

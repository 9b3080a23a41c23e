"""The bridge itself: one file of JavaScript that the agent loads, and the tarball the agent installs it from.

The door: `BRIDGE_VERSION` and `bridge_tarball`.
"""

from steering.plugin.packing import BRIDGE_VERSION, bridge_tarball

__all__ = ["BRIDGE_VERSION", "bridge_tarball"]

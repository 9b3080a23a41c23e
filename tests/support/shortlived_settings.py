"""The embedded stack with access tokens that an agent finds too old at each of its calls."""

from opencode.settings.embedded import *  # noqa: F403

DEVICE_ACCESS_SECONDS = 200

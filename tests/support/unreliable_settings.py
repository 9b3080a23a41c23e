"""The production settings on a channel layer that cannot be relied on; TEST_LAYER_SEED chooses the pattern."""

import os

from opencode.settings.production import *  # noqa: F403
from opencode.settings.production import CHANNEL_LAYERS

CHANNEL_LAYERS["default"]["BACKEND"] = "tests.support.unreliable.UnreliableLayer"
CHANNEL_LAYERS["default"]["CONFIG"]["seed"] = int(os.environ["TEST_LAYER_SEED"])

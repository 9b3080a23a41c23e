"""The embedded settings with an app that kills the process at one point of a model call."""

from opencode.settings.embedded import *  # noqa: F403
from opencode.settings.embedded import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.faults.dying.DyingConfig"]

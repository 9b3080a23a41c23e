"""The embedded settings without the bounds of one caller: the load generator is a single one."""

from opencode.settings.embedded import *  # noqa: F403

GATEWAY_CALLER_CALLS_PER_MINUTE = 10**9
GATEWAY_CALLER_CALLS_AT_ONCE = 1_000

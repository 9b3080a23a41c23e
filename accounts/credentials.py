"""The secrets of devices: their format, and what their hashes are for.

Looking them up together with a membership is the work of `workspaces.keys.lookup`.
"""

from typing import Final

from opencode.lib.ids import random_base62

ACCESS_PREFIX: Final = "oc_dev_"
REFRESH_PREFIX: Final = "oc_ref_"
ACCESS_PURPOSE: Final = "device-access"
REFRESH_PURPOSE: Final = "device-refresh"
DEVICE_CODE_PURPOSE: Final = "device-code"
TOKEN_BITS: Final = 192
DEVICE_CODE_BITS: Final = 192
AGENT_CHARACTERS: Final = 80


def new_token(prefix: str) -> str:
    return prefix + random_base62(TOKEN_BITS)


def is_device_token(secret: str) -> bool:
    """Whether the text has the prefix of a device's access token; it may still be invalid."""
    return secret.startswith(ACCESS_PREFIX)


def agent_of(user_agent: str) -> str:
    """The printable part of a User-Agent header, shortened to fit its column: `opencode/1.18.33`."""
    shown = "".join(character for character in user_agent if character.isprintable())
    return " ".join(shown.split())[:AGENT_CHARACTERS]

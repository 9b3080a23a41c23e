"""The secret with which an agent writes to its share: `<share id>.<key version>.<mac>`, derived, never stored."""

import re
from typing import Final, NamedTuple

from opencode.lib.keyring import mac, mac_matches

_PURPOSE: Final = "agent-share"
_SECRET: Final = re.compile(r"([A-Za-z0-9_-]{16,43})\.([0-9]{1,4})\.([0-9a-f]{64})")


class ShareSecret(NamedTuple):
    share_id: str
    version: int
    mac: str


def derive_share_secret(share_id: str, version: int) -> str:
    """The share's secret under a key version. Raises KeyError when that version is no longer listed."""
    return f"{share_id}.{version}.{mac(_PURPOSE, share_id, version)}"


def read_share_secret(text: str) -> ShareSecret | None:
    """The parts of a secret, None when the text has another form. Does not check the secret."""
    found = _SECRET.fullmatch(text)
    return ShareSecret(found[1], int(found[2]), found[3]) if found else None


def is_share_secret_valid(secret: ShareSecret) -> bool:
    """Constant-time check under the version the secret names; False when that version is no longer listed."""
    return mac_matches(_PURPOSE, secret.share_id, secret.version, secret.mac)

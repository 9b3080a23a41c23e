"""Keyed hashes and derived secrets under a list of key versions, so that keys can rotate.

The newest version signs; every listed version still verifies. The keys come from `settings.OPENCODE_KEYRING`,
a mapping of version number to key bytes.
"""

import hmac
from collections.abc import Mapping
from typing import cast

from django.conf import settings


def key_versions() -> Mapping[int, bytes]:
    return cast(Mapping[int, bytes], settings.OPENCODE_KEYRING)


def current_version() -> int:
    return max(key_versions())


def mac(purpose: str, value: str, version: int) -> str:
    """Hex HMAC-SHA256 of `value`, separated by `purpose`. Raises KeyError when the version is no longer listed."""
    key = key_versions()[version]
    return hmac.digest(key, f"{purpose}\0{value}".encode(), "sha256").hex()


def macs_of_all_versions(purpose: str, value: str) -> dict[int, str]:
    """The hash under each listed version, newest first: a stored hash can be looked up by any of them."""
    return {version: mac(purpose, value, version) for version in sorted(key_versions(), reverse=True)}


def mac_matches(purpose: str, value: str, version: int, candidate: str) -> bool:
    """Constant-time check of `candidate`; False when the version is unknown."""
    if version not in key_versions():
        return False
    return hmac.compare_digest(mac(purpose, value, version).encode(), candidate.encode())

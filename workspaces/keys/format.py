"""The text form of our secrets: a prefix that names the kind, 160 random bits, a checksum.

`oc_live_` + 27 characters of base62 + 6 characters of CRC32 in base62. The checksum covers everything before it, so a
scanner can tell one of our secrets from look-alikes, and we refuse a mistyped one, without asking the database.
"""

import re
import zlib
from typing import Final

from opencode.lib.ids import BASE62, random_base62

API_KEY_PREFIX: Final = "oc_live_"
SHARE_TOKEN_PREFIX: Final = "oc_share_"  # noqa: S105 - the public part of a token, not a token
API_KEY_PURPOSE: Final = "api-key"
SHARE_TOKEN_PURPOSE: Final = "workspace-share-token"  # noqa: S105 - names what is hashed
RANDOM_BITS: Final = 160
RANDOM_CHARACTERS: Final = 27
CHECKSUM_CHARACTERS: Final = 6
SHOWN_CHARACTERS: Final = 6
"""How many of the random characters lists show, 36 of 160 bits: enough to tell keys apart, no help in guessing."""

SECRETS_FOUND: Final = 20
"""How many secrets are taken from one text."""

_ALPHABET: Final = frozenset(BASE62)
_LOOKS_LIKE: Final = re.compile(r"oc_(?:live|share)_[0-9A-Za-z]{8,60}")


def new_secret(prefix: str) -> str:
    body = prefix + random_base62(RANDOM_BITS)
    return body + checksum(body)


def checksum(body: str) -> str:
    """CRC32 of `body` as 6 characters of base62, most significant first."""
    number = zlib.crc32(body.encode())
    characters: list[str] = []
    for _ in range(CHECKSUM_CHARACTERS):
        number, digit = divmod(number, len(BASE62))
        characters.append(BASE62[digit])
    return "".join(reversed(characters))


def is_well_formed(secret: str, prefix: str) -> bool:
    """Whether `secret` has this prefix, our length and alphabet, and the right checksum."""
    if not secret.startswith(prefix) or len(secret) != len(prefix) + RANDOM_CHARACTERS + CHECKSUM_CHARACTERS:
        return False
    if not _ALPHABET.issuperset(secret[len(prefix) :]):
        return False
    body = secret[:-CHECKSUM_CHARACTERS]
    return checksum(body) == secret[-CHECKSUM_CHARACTERS:]


def shown_prefix(secret: str, prefix: str) -> str:
    """What lists and support may see of a secret, e.g. `oc_live_3fK9aQ`."""
    return secret[: len(prefix) + SHOWN_CHARACTERS]


def secrets_in(text: str) -> list[str]:
    """What looks like one of our secrets anywhere in `text`, each once, in the order it comes; SECRETS_FOUND at most.

    Their checksum is not checked: the person should hear of a secret that was cut or mistyped, too.
    """
    found = dict.fromkeys(match[0] for match in _LOOKS_LIKE.finditer(text))
    return list(found)[:SECRETS_FOUND]


def is_whole(secret: str) -> bool:
    """Whether `secret` is well formed as an API key or a share token."""
    return is_well_formed(secret, API_KEY_PREFIX) or is_well_formed(secret, SHARE_TOKEN_PREFIX)

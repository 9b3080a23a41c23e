"""The signature over an event's body, as Stripe makes it. Pure, with time passed in; several secrets while rotating."""

import hashlib
import hmac
from collections.abc import Sequence
from typing import Final

TOLERANCE_SECONDS: Final = 300
HEADER_CHARACTERS: Final = 1_000
SIGNATURES: Final = 10


def is_signed(body: bytes, header: str, secrets: Sequence[str], now: int) -> bool:
    """Whether one of the secrets signed exactly these bytes, within TOLERANCE_SECONDS of `now` (seconds since 1970)."""
    if len(header) > HEADER_CHARACTERS or not header.isascii():
        return False
    parts = [part.partition("=")[::2] for part in header.split(",")]
    moment = next((value for name, value in parts if name.strip() == "t"), "")
    given = [value.strip() for name, value in parts if name.strip() == "v1"][:SIGNATURES]
    if not (moment.isdecimal() and len(moment) <= 12) or abs(now - int(moment)) > TOLERANCE_SECONDS:
        return False
    signed = moment.encode() + b"." + body
    expected = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets]
    return any(hmac.compare_digest(one, other) for one in expected for other in given)

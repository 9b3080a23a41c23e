"""One message for one browser: encrypted for it alone (RFC 8291), signed for its push service (RFC 8292)."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

import http_ece
import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from steering.push.keys import key_read, public_key_of, unpadded

LIVES_SECONDS: Final = 600
"""How long a push service keeps it for a browser that is away; what waited longer than that is in the inbox."""
TOKEN_LIVES: Final = timedelta(hours=12)
RECORD_BYTES: Final = 4096


@dataclass(frozen=True, slots=True)
class PushMessage:
    """What a browser shows. `tag` is the session's: a newer message takes the place of an older one.

    Without a title what is shown under the tag is taken away. `path` is where a click leads, `session` the session's
    page, if it has one.
    """

    tag: str
    title: str = ""
    path: str = ""
    session: str = ""


@dataclass(frozen=True, slots=True)
class PushRequest:
    url: str
    body: bytes
    headers: dict[str, str]


def push_request(
    message: PushMessage, *, url: str, public_key: str, secret: str, key: str, contact: str, now: datetime
) -> PushRequest:
    """What is posted to `url` for the browser with this public key and secret (base64url), signed by `key` (PEM).

    `contact` is an address by which a push service's people find whoever runs the console.
    """
    text = json.dumps(asdict(message)).encode()
    body: bytes = http_ece.encrypt(
        text,
        private_key=ec.generate_private_key(ec.SECP256R1()),
        dh=unpadded(public_key),
        auth_secret=unpadded(secret),
        rs=RECORD_BYTES,
        version="aes128gcm",
    )
    headers = {
        "authorization": f"vapid t={_token(url, key, contact, now)},k={public_key_of(key)}",
        "content-encoding": "aes128gcm",
        "content-type": "application/octet-stream",
        "ttl": str(LIVES_SECONDS),
        "urgency": "high",
        "topic": message.tag,
    }
    return PushRequest(url, body, headers)


def _token(url: str, key: str, contact: str, now: datetime) -> str:
    parts = urlsplit(url)
    claims = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": int((now + TOKEN_LIVES).timestamp()), "sub": contact}
    return jwt.encode(claims, key_read(key), algorithm="ES256")

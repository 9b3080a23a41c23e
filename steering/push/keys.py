"""The keys of Web Push: the console's own, by which push services know it, and those of browsers."""

import base64
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

SUBSCRIBER_BYTES: Final = 65
"""A browser's public key: a point of P-256, uncompressed."""
SUBSCRIBER_SECRET_BYTES: Final = 16


def key_create() -> str:
    """A new private key of P-256 as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def key_read(pem: str) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(pem.encode(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


def public_key_of(pem: str) -> str:
    """The public half as browsers and push services take it: the uncompressed point, in base64url without padding."""
    return padless(key_read(pem).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def is_point(point: bytes) -> bool:
    """Whether the bytes are a browser's public key."""
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError:
        return False
    return len(point) == SUBSCRIBER_BYTES


def padless(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def unpadded(text: str) -> bytes:
    """The bytes of base64url without padding. Raises ValueError."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)

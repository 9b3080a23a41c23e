"""Secrets that must be read again, encrypted under the keyring: the newest version seals, every listed one unseals."""

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from opencode.lib.keyring import key_versions, mac


class SealBroken(ValueError):
    """The text was not sealed for this purpose under a listed key, or was changed since."""


def seal(purpose: str, text: str) -> str:
    """`text` encrypted, as letters, digits, `-`, `_` and `=`; about 1.4 times its length in bytes plus 100."""
    return _box(purpose, tuple(sorted(key_versions().items()))).encrypt(text.encode()).decode()


def unseal(purpose: str, sealed: str) -> str:
    """The text that was sealed for `purpose`. Raises SealBroken."""
    try:
        return _box(purpose, tuple(sorted(key_versions().items()))).decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise SealBroken(purpose) from error


# One cached box for each of a few purposes, under the present keys; a rotation replaces it.
@lru_cache(maxsize=32)
def _box(purpose: str, keys: tuple[tuple[int, bytes], ...]) -> MultiFernet:
    """A key for each purpose and version, derived by HMAC-SHA256; the first one seals."""
    derived = [bytes.fromhex(mac("seal", purpose, version)) for version, _key in reversed(keys)]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in derived])

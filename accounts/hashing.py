"""How passwords are hashed: Argon2id, sized and bounded so that a crowd of sign-ins cannot take the memory."""

import threading
from typing import Any, Final

from django.contrib.auth.hashers import Argon2PasswordHasher

AT_ONCE: Final = 2
"""Hashes that a process makes at the same time; the others wait some hundredths of a second each."""
_PLACES: Final = threading.BoundedSemaphore(AT_ONCE)


class BoundedArgon2PasswordHasher(Argon2PasswordHasher):
    """The least that OWASP's cheat sheet takes, 19 MB and two passes; Django's own is 100 MB.

    Hashes of another size still verify, and are made anew at their next use.
    """

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1

    def encode(self, password: str, salt: Any) -> str:
        with _PLACES:
            return str(super().encode(password, salt))

    def verify(self, password: str, encoded: str) -> bool:
        with _PLACES:
            return bool(super().verify(password, encoded))

"""How passwords are hashed: Argon2id, sized and limited so that many sign-ins at once cannot exhaust memory."""

import threading
from typing import Any, Final

from django.contrib.auth.hashers import Argon2PasswordHasher

AT_ONCE: Final = 2
"""How many hashes a process computes at once; the others wait some hundredths of a second each."""
_PLACES: Final = threading.BoundedSemaphore(AT_ONCE)


class BoundedArgon2PasswordHasher(Argon2PasswordHasher):
    """The smallest setting OWASP's cheat sheet recommends, 19 MB and two passes; Django's default is 100 MB.

    Hashes of another size still verify, and are computed again with this size at the next sign-in.
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

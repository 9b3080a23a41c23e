"""The short code a terminal shows and a person compares: eight consonants, typed in any case, with or without dash."""

import re
import secrets
from typing import Final

ALPHABET: Final = "BCDFGHJKLMNPQRSTVWXZ"
CHARACTERS: Final = 8
USER_CODE_PURPOSE: Final = "device-user-code"
_NOISE: Final = re.compile(r"[^A-Z0-9]")


def new_user_code() -> str:
    """`BCDF-GHJK`: 20^8 codes, without vowels that would make words of them."""
    return shown_code("".join(secrets.choice(ALPHABET) for _ in range(CHARACTERS)))


def shown_code(letters: str) -> str:
    return f"{letters[:4]}-{letters[4:]}"


def read_user_code(typed: str) -> str | None:
    """The code as it is shown, whatever way it was typed; None when it cannot be one."""
    letters = _NOISE.sub("", typed.upper()[:40])
    return shown_code(letters) if len(letters) == CHARACTERS and set(letters) <= set(ALPHABET) else None

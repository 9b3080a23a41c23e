"""The digest of an ask, which binds a decision to what was shown."""

import hashlib
from typing import Final

DOMAIN: Final = "opencode.bridge.v1 ask"


def ask_digest(ask_id: str, kind: str, session: str, content: str) -> str:
    """SHA-256 in hexadecimal over five lines in UTF-8: DOMAIN, the ask's id, kind and session, and its content.

    `content` is the JSON text exactly as the bridge sent it, keys sorted: text, not a value that two languages would
    write differently.
    """
    return hashlib.sha256("\n".join((DOMAIN, ask_id, kind, session, content)).encode()).hexdigest()

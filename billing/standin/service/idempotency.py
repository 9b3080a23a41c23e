"""Idempotency keys: the first answer is kept for a day and repeated, whether it was good or bad."""

import hashlib
from typing import Final

from billing.standin.sandbox import Object, Sandbox, StripeRefusal

KEPT_SECONDS: Final = 24 * 3600
KEY_CHARACTERS: Final = 255


def fingerprint_of(method: str, path: str, body: str) -> str:
    return hashlib.sha256(f"{method} {path}\n{body}".encode()).hexdigest()


def answer_kept(sandbox: Sandbox, key: str, fingerprint: str) -> Object | None:
    """What was answered under this key. Refuses another request under it."""
    if len(key) > KEY_CHARACTERS:
        raise StripeRefusal(f"Idempotency keys have at most {KEY_CHARACTERS} characters.")
    kept = sandbox.find("_idempotency", key)
    if kept is None:
        return None
    if kept["until"] <= sandbox.now:
        sandbox.remove("_idempotency", key)
        return None
    if kept["fingerprint"] != fingerprint:
        raise StripeRefusal(
            "Keys for idempotent requests can only be used with the same parameters they were first used with. "
            f"Try using a key other than '{key}' if you meant to execute a different request.",
            kind="idempotency_error",
        )
    return kept


def answer_keep(sandbox: Sandbox, key: str, fingerprint: str, status: int, body: str, request_id: str) -> None:
    kept = {"id": key, "object": "_idempotency", "fingerprint": fingerprint, "status": status, "body": body}
    sandbox.add({**kept, "request": request_id, "until": sandbox.now + KEPT_SECONDS})

"""Refusals on the wire: the one shape every operation shares."""

from datetime import datetime
from typing import Any

from ninja import Schema


class Refusal(Schema):
    """`code` is stable. `fields` names what needs another value; `limit`, `used`, `resets_at` come with limits."""

    code: str
    message: str
    help_url: str
    request_id: str
    fields: dict[str, list[str]] | None = None
    limit: int | None = None
    used: int | None = None
    resets_at: datetime | None = None


class Refused(Schema):
    error: Refusal


def answers(of: Any, status: int = 200, *others: int) -> dict[int, Any]:
    """An operation's responses by status: `of` with `status`, every operation's refusals, and `others` of its own."""
    refusals = dict.fromkeys((400, 401, 403, 404, 413, 415, 422, 429, *others), Refused)
    return {status: of, **refusals}

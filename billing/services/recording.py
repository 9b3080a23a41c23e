"""Records usage that providers told programs: each item is priced, and stored once under its id."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from billing.pricing.book import PriceBook
from billing.pricing.explain import Request
from billing.selectors.prices import price_book
from billing.services.usage import UsageItem, UsageOutcome, usage_parts, usage_record
from opencode.lib.clock import utc_now


@dataclass(frozen=True, slots=True)
class Recorded:
    """One request's usage as a program sent it; `at` None means now, `units` None what the body says."""

    request_id: str
    wire_format: str
    model: str
    usage: object
    at: datetime | None = None
    units: Mapping[str, int] | None = None
    context: Mapping[str, str] = field(default_factory=dict)
    session_id: str = ""
    member_id: str = ""

    @property
    def fingerprint(self) -> str:
        """Equal for repeats. Without whose it is: a key may change hands between two attempts."""
        at = self.at.isoformat() if self.at else None
        told = [self.wire_format, self.model, self.usage, at, self.units, dict(self.context), self.session_id]
        return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode("utf-8", "replace")).hexdigest()


def usage_items_record(
    *, workspace_id: str, items: Sequence[Recorded], key_id: str, now: datetime | None = None
) -> list[UsageOutcome]:
    """One outcome an item, in order. Raises LedgerUnavailable; repeating the whole call is harmless then."""
    moment, book = now or utc_now(), price_book()
    wanted = [_item(item, key_id, moment, book) for item in items]
    return usage_record(workspace_id=workspace_id, items=wanted, now=moment)


def _item(item: Recorded, key_id: str, now: datetime, book: PriceBook) -> UsageItem:
    request = Request(
        wire_format=item.wire_format,
        usage=item.usage,
        at=min(item.at or now, now),
        model=item.model,
        context=item.context,
        units=item.units,
    )
    return UsageItem(
        request_id=item.request_id,
        fingerprint=item.fingerprint,
        parts=usage_parts(request, book=book),
        at=item.at,
        member_id=item.member_id,
        key_id=key_id,
        session_id=item.session_id,
        wire_format=item.wire_format,
        body=item.usage,
    )

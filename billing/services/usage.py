"""Usage of requests that were never reserved: stored whatever the limits, charged as far as it fits."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import structlog
from django.db import DatabaseError
from django.db.models import Sum

from billing.errors import LedgerUnavailable
from billing.ledger.decision import Decision
from billing.ledger.facts import Hold, Payer
from billing.ledger.operations import Answer, Record, Refusal
from billing.models import Usage
from billing.selectors.accounts import account_id_of
from billing.services.ledger import ledger_execute_all
from billing.services.usageparts import usage_parts
from billing.services.work import Details, UsageDetails, Work, parts_check
from opencode.lib.clock import utc_now

__all__ = ["UsageItem", "UsageOutcome", "usage_parts", "usage_record"]

log = structlog.get_logger(__name__)

ITEMS_AT_ONCE: Final = 200
"""How many are written in one transaction, which holds the account's lock."""
BODY_CHARACTERS: Final = 16 * 1024
UNITS_CHARACTERS: Final = 2_000


@dataclass(frozen=True, slots=True)
class UsageItem:
    """A request that was answered at `at` (now, when None or later). Ids as in `reservations.Wanted`.

    `fingerprint` (up to 64 characters) identifies what the caller sent. `wire_format` and `body`, which is JSON, are
    kept for staff when the item is quarantined.
    """

    request_id: str
    fingerprint: str
    parts: tuple[UsageDetails, ...]
    payer: Payer = Payer.OWN
    at: datetime | None = None
    member_id: str = ""
    key_id: str = ""
    session_id: str = ""
    wire_format: str = ""
    body: Any = None


@dataclass(frozen=True, slots=True)
class UsageOutcome:
    """`answer` is `stored`, `duplicate`, `quarantined` or `conflict`; amounts are sums over the parts, in micro-cents.

    `over_limit` is what left no room for all of the cost; `quarantined` is the code.
    """

    answer: Answer
    cost: int = 0
    charged: int = 0
    carried: int = 0
    over_limit: Refusal | None = None
    quarantined: str = ""


def usage_record(*, workspace_id: str, items: Sequence[UsageItem], now: datetime | None = None) -> list[UsageOutcome]:
    """One outcome for each item, in order. Items are written in transactions of up to 200; repeating all is harmless.

    Raises ValueError for an item out of bounds, before anything is written; LedgerUnavailable when the database fails:
    what was written by then is a duplicate when repeated.
    """
    moment = now or utc_now()
    account_id = account_id_of(workspace_id)
    works = [_work(account_id, item, moment) for item in items]
    outcomes: list[UsageOutcome] = []
    for first in range(0, len(works), ITEMS_AT_ONCE):
        some = works[first : first + ITEMS_AT_ONCE]
        try:
            decisions = ledger_execute_all(some)
            outcomes += _outcomes(some, decisions)
        except DatabaseError as error:
            log.exception("usage_record_failed", workspace=workspace_id)
            raise LedgerUnavailable from error
    return outcomes


def _work(account_id: int, item: UsageItem, now: datetime) -> Work:
    parts_check(item.request_id, item.parts)
    if any(len(json.dumps(dict(part.units))) > UNITS_CHARACTERS for part in item.parts):
        raise ValueError(f"units have at most {UNITS_CHARACTERS} characters")
    is_quarantined = any(part.quarantined for part in item.parts)
    if is_quarantined and any(part.cost for part in item.parts):
        raise ValueError("what is quarantined has no cost yet")
    hold = Hold(
        request_id=item.request_id,
        fingerprint=item.fingerprint,
        ceiling=0,
        month=0,
        expires_at=now,
        member_id=item.member_id,
        key_id=item.key_id,
    )
    answered_at = min(item.at or now, now).astimezone(UTC)
    operation = Record(now, hold, answered_at, tuple(part.cost for part in item.parts), item.payer, is_quarantined)
    body = _body_text(item.body) if is_quarantined else ""
    details = Details(session_id=item.session_id, usage=item.parts, wire_format=item.wire_format, body=body)
    return Work(account_id, operation, details)


def _body_text(body: Any) -> str:
    text = "" if body is None else json.dumps(body)
    return text if len(text) <= BODY_CHARACTERS else ""


def _outcomes(works: Sequence[Work], decisions: Sequence[Decision]) -> Iterable[UsageOutcome]:
    repeats = [
        work.operation.hold.request_id
        for work, decision in zip(works, decisions, strict=True)
        if isinstance(work.operation, Record) and decision.answer == Answer.DUPLICATE
    ]
    stored = _stored(works[0].account_id, repeats) if repeats else {}
    for work, decision in zip(works, decisions, strict=True):
        if decision.answer == Answer.DUPLICATE and isinstance(work.operation, Record):
            yield stored[work.operation.hold.request_id]
            continue
        code = next((part.quarantined for part in work.details.usage if part.quarantined), "")
        yield UsageOutcome(
            decision.answer,
            cost=sum(charge.cost for charge in decision.charges),
            charged=sum(charge.charged for charge in decision.charges),
            carried=sum(charge.carried for charge in decision.charges),
            over_limit=decision.refusal,
            quarantined=code if decision.answer == Answer.QUARANTINED else "",
        )


def _stored(account_id: int, request_ids: Sequence[str]) -> dict[str, UsageOutcome]:
    """What the first ones came to, before any correction."""
    rows = Usage.objects.filter(account_id=account_id, request_id__in=request_ids).order_by()
    sums = rows.values_list("request_id", "quarantined").annotate(Sum("cost"), Sum("charged"), Sum("carried"))
    return {
        request_id: UsageOutcome(Answer.DUPLICATE, int(cost), int(charged), int(carried), None, code)
        for request_id, code, cost, charged, carried in sums
    }

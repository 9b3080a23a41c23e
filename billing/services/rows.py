"""Turns decisions into the rows that a batch writes."""

import json
from datetime import datetime
from typing import Any, Final, NamedTuple

from billing.ledger.decision import Decision
from billing.ledger.facts import Facts, Hold, Payer
from billing.ledger.operations import Charge, Correct, Entry, Record, Settle
from billing.models import UsageRollup
from billing.pricing.months import month_begins, month_of
from billing.services.facts import BatchFacts
from billing.services.firings import carried_note, crossings_note, quarantine_note
from billing.services.work import UsageDetails, Work
from billing.store.reading import StoredHold
from billing.store.writing import Changes
from opencode.lib.sql import stored_moment

METERED: Final = UsageRollup.Source.METERED.value


class _Request(NamedTuple):
    """What all usage rows of one request share. `made_at` gives the day, `at` the prices, `now` the posting."""

    account_id: int
    hold: Hold
    session_id: str
    payer: Payer
    fingerprint: str
    made_at: datetime
    at: datetime
    now: datetime
    was_expired: bool


def decision_note(work: Work, decision: Decision, before: Facts, batch: BatchFacts, changes: Changes) -> None:
    """Add what a decision changed to the batch's facts and to the rows to write."""
    account_id, after = work.account_id, decision.facts
    stored = batch.holds.get(work.request)
    changes.accounts[account_id] = after.account
    for key, counter in after.counters.items():
        if counter is not before.counters[key]:
            changes.counters[account_id, key] = counter
    if decision.charges:
        _note_usage(work, decision, stored, changes)
    if decision.entry is not None:
        _note_entry(work, decision.entry, batch, changes)
    if decision.charges or decision.entry is not None:
        crossings_note(work, decision, before, batch, changes)
    batch.accept(work, after, _note_hold(work, after.hold, stored, changes))


def _note_hold(work: Work, hold: Hold | None, stored: StoredHold | None, changes: Changes) -> StoredHold | None:
    """The request's reservation after the decision, None when it has none."""
    request, details = work.request, work.details
    if hold is None:
        if stored is not None and stored.id is None:
            del changes.holds[request]
        elif stored is not None and stored.id is not None:
            changes.ended.pop(stored.id, None)
            changes.settled.append(stored.id)
        return None
    if stored is None:
        now = work.operation.now
        of_new = (details.model, details.price_version_id, work.process_id)
        stored = StoredHold(None, hold, details.session_id, now, *of_new)
    stored = stored._replace(hold=hold)
    if stored.id is None:
        changes.holds[request] = stored
    else:
        changes.ended[stored.id] = hold
    return stored


def _note_usage(work: Work, decision: Decision, stored: StoredHold | None, changes: Changes) -> None:
    request = _request_made(work, decision, stored)
    for details, charge in zip(work.details.usage, decision.charges, strict=True):
        day = _day(request.made_at, charge.month)
        changes.usage.append(_usage_row(request, details, charge, day))
        changes.rolled_up(
            (request.account_id, day, details.model, request.hold.key_id, request.hold.member_id, METERED),
            **details.tokens.by_class(),
            requests=1,
            quarantined=1 if details.quarantined else 0,
            cost=charge.cost,
            charged=charge.charged,
            carried=charge.carried,
            own_cost=charge.cost if request.payer == Payer.OWN else 0,
        )
        if charge.carried:
            carried_note(work, request.payer, charge.carried, changes)
        if charge.seq is not None and charge.balance_after is not None:
            changes.posted(request.account_id, request.now, charge.seq, charge.balance_after, charge.charged)
    _note_quarantine(work, request, changes)


def _request_made(work: Work, decision: Decision, stored: StoredHold | None) -> _Request:
    match work.operation:
        case Record() as operation:
            hold, made_at = operation.hold, operation.answered_at
            session_id, at = work.details.session_id, operation.answered_at
        case Settle() as operation if stored is not None:
            hold, session_id, at = stored.hold, stored.session_id, operation.now
            made_at = operation.now if decision.was_expired else stored.created_at
        case _:
            raise AssertionError("only settling and recording make usage")
    now = work.operation.now
    shared = (operation.payer, operation.fingerprint, made_at, at, now, decision.was_expired)
    return _Request(work.account_id, hold, session_id, *shared)


def _usage_row(request: _Request, details: UsageDetails, charge: Charge, day: str) -> tuple[Any, ...]:
    hold, tokens = request.hold, details.tokens
    return (
        *(request.account_id, hold.request_id, details.model, request.fingerprint, charge.month, day),
        *(hold.member_id, hold.key_id, request.session_id),
        *tokens.by_class().values(),
        *(details.prompt, json.dumps(dict(details.units)), details.context, details.price_version_id),
        *(request.payer.value, charge.cost, charge.charged, charge.carried, charge.counted),
        *(details.is_estimated, details.quarantined, request.was_expired, charge.seq, charge.balance_after),
        *(stored_moment(request.at), stored_moment(request.now)),
    )


def _note_quarantine(work: Work, request: _Request, changes: Changes) -> None:
    part = next((details for details in work.details.usage if details.quarantined), None)
    if part is None:
        return
    quarantine_note(work, changes)
    said = (part.quarantined, part.detail[:190], work.details.wire_format[:40], work.details.body)
    changes.quarantined.append((request.account_id, request.hold.request_id, *said, stored_moment(request.at), "", ""))


def _note_entry(work: Work, entry: Entry, batch: BatchFacts, changes: Changes) -> None:
    account_id, details = work.account_id, work.details
    moved = (entry.seq, entry.source, entry.amount, entry.balance_after, details.reason[:200])
    corrected = (entry.usage_id, entry.cost, entry.charged, entry.carried, entry.counted, details.price_version_id)
    changes.entries.append((account_id, *moved, stored_moment(work.operation.now), *corrected))
    if not isinstance(work.operation, Correct):
        return
    row = batch.usage[work.operation.usage_id]
    changes.rolled_up(
        (account_id, row.day, row.model, row.facts.key_id, row.facts.member_id, METERED),
        quarantined=-1 if work.operation.is_release else 0,
        cost=entry.cost,
        charged=entry.charged,
        carried=entry.carried,
        own_cost=entry.cost if row.facts.payer == Payer.OWN else 0,
    )


def _day(moment: datetime, month: int) -> str:
    """The day of the moment; the month's first if a clock went back before the month began."""
    day = moment if month_of(moment) == month else month_begins(month)
    return day.date().isoformat()

"""Notes the alerts that a decision calls for among the rows of its batch."""

from datetime import UTC

from billing.ledger.alerting import About, Firing, LastCredit, crossings, refused
from billing.ledger.decision import Decision
from billing.ledger.facts import Facts, Payer
from billing.ledger.operations import Record, Refusal, Reserve
from billing.services.facts import BatchFacts
from billing.services.work import Work
from billing.store.firings import Fired
from billing.store.writing import Changes


def crossings_note(work: Work, decision: Decision, before: Facts, batch: BatchFacts, changes: Changes) -> None:
    """For what was charged or entered. A credit begins another count of what is used of the balance."""
    account_id, entry = work.account_id, decision.entry
    for firing in crossings(before, decision.facts, batch.last_credits[account_id]):
        changes.fired.append(Fired(account_id, firing, work.operation.now))
    if entry is not None and entry.usage_id is None and entry.amount > 0:
        last = LastCredit(entry.seq, entry.balance_after)
        batch.last_credits[account_id] = changes.last_credits[account_id] = last


def refusal_note(work: Work, refusal: Refusal, before: Facts, batch: BatchFacts, changes: Changes) -> None:
    """For what a limit left no room for."""
    operation = work.operation
    if not isinstance(operation, Reserve | Record):
        return
    last = batch.last_credits[work.account_id]
    firing = refused(before.account, operation.hold, refusal, last, operation.now)
    if firing is not None:
        changes.fired.append(Fired(work.account_id, firing, operation.now))


def carried_note(work: Work, payer: Payer, carried: int, changes: Changes) -> None:
    """For what the host carries of a request, once a day. What was spent on own credentials is not the host's."""
    if payer == Payer.HOST:
        _daily(work, About.CARRIED, carried, changes)


def quarantine_note(work: Work, changes: Changes) -> None:
    """For usage that could not be priced, once a day."""
    _daily(work, About.QUARANTINE, 0, changes)


def _daily(work: Work, about: About, used: int, changes: Changes) -> None:
    now = work.operation.now
    day = int(now.astimezone(UTC).strftime("%Y%m%d"))
    changes.fired.append(Fired(work.account_id, Firing(about, "", 0, day, 0, used), now))

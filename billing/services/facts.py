"""Reads the facts of a batch of operations, in as few statements as there are kinds of rows."""

from collections.abc import Iterable, Sequence

from billing.ledger.amounts import turned_account
from billing.ledger.deciding import counters_needed
from billing.ledger.facts import Account, Counter, CounterKey, Facts, Hold, Original
from billing.ledger.operations import Correct, Operation, Reserve
from billing.selectors.limits import limit_of
from billing.services.work import Work
from billing.store import reading
from billing.store.reading import LockedAccount, StoredHold, StoredUsage


class BatchFacts:
    """What the operations of a batch decide by, kept up to date as one after another is decided."""

    def __init__(self, accounts: dict[int, LockedAccount], works: Sequence[Work]) -> None:
        requests = [pair for pair in dict.fromkeys(work.request for work in works) if pair[1]]
        sources = [pair for pair in dict.fromkeys(work.source for work in works) if pair[1]]
        self._workspaces = {account_id: locked.workspace_id for account_id, locked in accounts.items()}
        self.accounts: dict[int, Account] = {account_id: locked.facts for account_id, locked in accounts.items()}
        self.last_credits = {account_id: locked.last_credit for account_id, locked in accounts.items()}
        self.holds: dict[tuple[int, str], StoredHold] = reading.stored_holds(requests)
        # A request that has a reservation has no usage: settling deletes the one and makes the other.
        self.settled: dict[tuple[int, str], str] = reading.settled_requests(
            [pair for pair in requests if pair not in self.holds]
        )
        self.credited: dict[tuple[int, str], int] = reading.stored_entries(sources)
        self.usage: dict[int, StoredUsage] = self._usage(works)
        self.counters = self._counters(works)

    def of(self, work: Work) -> Facts:
        account, request = self.accounts[work.account_id], work.request
        stored = self.holds.get(request)
        hold, original = stored.hold if stored else None, self._original(work.operation)
        keys = counters_needed(account, hold, work.operation, original)
        return Facts(
            account=account,
            counters={key: self.counters[work.account_id, key] for key in keys},
            hold=hold,
            settled=self.settled.get(request),
            credited=self.credited.get(work.source),
            original=original,
        )

    def accept(self, work: Work, after: Facts, stored: StoredHold | None) -> None:
        """Take over what a decision changed. `stored` is the request's reservation from now on, if it has one."""
        request = work.request
        self.accounts[work.account_id] = after.account
        self.counters.update({(work.account_id, key): counter for key, counter in after.counters.items()})
        self.holds.pop(request, None)
        if stored is not None:
            self.holds[request] = stored
        if after.settled is not None:
            self.settled[request] = after.settled
        if after.credited is not None:
            self.credited[work.source] = after.credited
        if isinstance(work.operation, Correct) and after.original is not None:
            row = self.usage[work.operation.usage_id]
            self.usage[work.operation.usage_id] = row._replace(facts=after.original)

    def _original(self, operation: Operation) -> Original | None:
        found = self.usage.get(operation.usage_id) if isinstance(operation, Correct) else None
        return found.facts if found else None

    def _usage(self, works: Sequence[Work]) -> dict[int, StoredUsage]:
        corrected = {w.operation.usage_id: w.account_id for w in works if isinstance(w.operation, Correct)}
        found = reading.stored_usage(sorted(corrected))
        return {row_id: row for row_id, row in found.items() if row.account_id == corrected[row_id]}

    def _counters(self, works: Sequence[Work]) -> dict[tuple[int, CounterKey], Counter]:
        """A missing counter is new, with its owner's present limit."""
        wanted = list(dict.fromkeys(self._keys(works)))
        found = reading.stored_counters(wanted)
        for account_id, key in wanted:
            if (account_id, key) not in found:
                found[account_id, key] = Counter(limit=limit_of(self._workspaces[account_id], key))
        return found

    def _keys(self, works: Sequence[Work]) -> Iterable[tuple[int, CounterKey]]:
        """Those of all operations, each in the month to which the ones before it may have turned its account."""
        accounts, made = dict(self.accounts), dict[tuple[int, str], Hold]()
        for work in works:
            account_id, operation = work.account_id, work.operation
            account, request = accounts[account_id], work.request
            stored = self.holds.get(request)
            hold = stored.hold if stored else made.get(request)
            keys = counters_needed(account, hold, operation, self._original(operation))
            yield from ((account_id, key) for key in keys)
            accounts[account_id] = turned_account(account, operation.now)
            if isinstance(operation, Reserve) and hold is None:
                made[request] = operation.hold._replace(month=accounts[account_id].month)

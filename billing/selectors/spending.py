"""What limits leave: set, used and held this month (UTC), of the workspace, its members and keys. Micro-cents."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from billing.ledger.facts import Scope
from billing.models import BillingAccount, LimitCounter
from billing.pricing.months import month_after, month_begins, month_of
from opencode.lib.clock import utc_now


@dataclass(frozen=True, slots=True)
class LimitState:
    """`limit` is None without a limit. `used` may exceed it: a limit can be lowered below what was used."""

    limit: int | None
    used: int
    held: int
    resets_at: datetime

    @property
    def left(self) -> int | None:
        """What the limit leaves free, never below 0; None without a limit."""
        return None if self.limit is None else max(0, self.limit - self.used - self.held)

    @property
    def share(self) -> int:
        """How much of the limit is used and held, in per mille; 0 without a limit, 1000 for a limit of nothing."""
        if self.limit is None:
            return 0
        return 1000 * (self.used + self.held) // self.limit if self.limit else 1000


def resets_at(now: datetime) -> datetime:
    """When monthly limits begin anew."""
    return month_begins(month_after(month_of(now)))


def workspace_limit(account: BillingAccount, now: datetime) -> LimitState:
    """The workspace's monthly budget. The account turns to a new month with its first request of it."""
    is_current = account.month == month_of(now)
    used, held = (account.month_used, account.month_reserved) if is_current else (0, 0)
    return LimitState(account.monthly_limit, used, held, resets_at(now))


def limit_states(
    account_id: int, scope: Scope, limits: Mapping[str, int | None], now: datetime
) -> dict[str, LimitState]:
    """The states by id, of members (by person) or keys (by the first of a rotation), whose `limits` are given."""
    counted = _counters(account_id, scope, limits.keys(), month_of(now))
    ends = resets_at(now)
    return {name: LimitState(limit, *counted.get(name, (0, 0)), ends) for name, limit in limits.items()}


def _counters(account_id: int, scope: Scope, ids: Collection[str], month: int) -> dict[str, tuple[int, int]]:
    rows = LimitCounter.objects.filter(account_id=account_id, scope=scope.value, scope_id__in=ids, month=month)
    return {name: (used, held) for name, used, held in rows.values_list("scope_id", "used", "reserved")}


def spending_this_month(workspace_id: str, scope: str, ids: Collection[str]) -> Mapping[str, tuple[int, int]]:
    """Used and held by id; see the port in `workspaces.ports`. Two reads."""
    account_id = BillingAccount.objects.values_list("pk", flat=True).get(workspace_id=workspace_id)
    return _counters(account_id, Scope(scope), ids, month_of(utc_now()))

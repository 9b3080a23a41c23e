"""The Billing page in one value: what is free to spend, the budget and the other limits, credit that was granted."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from billing.ledger.facts import Funding, Scope
from billing.ledger.pace import Pace, pace_of
from billing.ledger.standing import Spendable, Standing, spendable, standing_of
from billing.models import BillingAccount
from billing.selectors.grants import Grant, grants_given
from billing.selectors.limits import limited_keys, limited_members
from billing.selectors.spending import LimitState, limit_states, workspace_limit

LIMITS_SHOWN: Final = 10


class LimitLine(NamedTuple):
    """A limit of a member (`id` is the membership's) or of a key (the newest of its rotation)."""

    scope: Scope
    id: str
    name: str
    state: LimitState
    pace: Pace | None


@dataclass(frozen=True, slots=True)
class Overview:
    """`limits` are those used the most; `limited` says how many there are, LIMITED_MAX of members and of keys at most.

    `ends_at` is when the month ends, UTC.
    """

    account: BillingAccount
    standing: Standing
    spendable: Spendable
    budget: LimitState
    pace: Pace | None
    limits: tuple[LimitLine, ...]
    limited: int
    grants: tuple[Grant, ...]

    @property
    def is_prepaid(self) -> bool:
        return self.account.funding == Funding.PREPAID.value

    @property
    def ends_at(self) -> datetime:
        return self.budget.resets_at


def overview_of(account: BillingAccount, now: datetime) -> Overview:
    """Eight reads at most, however many members, keys and requests there are."""
    budget = workspace_limit(account, now)
    funding, amounts = Funding(account.funding), (account.balance, account.reserved, budget.left)
    limits = sorted(_limits(account, now), key=lambda line: (-line.state.share, line.name))
    return Overview(
        account=account,
        standing=standing_of(funding, *amounts, is_frozen=account.frozen_at is not None),
        spendable=spendable(funding, *amounts),
        budget=budget,
        pace=pace_of(budget.used, budget.limit, now),
        limits=tuple(limits[:LIMITS_SHOWN]),
        limited=len(limits),
        grants=tuple(grants_given(account)),
    )


def _limits(account: BillingAccount, now: datetime) -> Iterator[LimitLine]:
    for scope, found in (
        (Scope.MEMBER, limited_members(account.workspace_id)),
        (Scope.KEY, limited_keys(account.workspace_id)),
    ):
        states = limit_states(account.pk, scope, {name: each.limit for name, each in found.items()}, now)
        for name, each in found.items():
            state = states[name]
            yield LimitLine(scope, each.id, each.name, state, pace_of(state.used, state.limit, now))

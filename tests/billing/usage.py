"""Rollups for the tests of usage's pages and API."""

from datetime import date, timedelta
from typing import Any

from billing.models import BillingAccount, UsageRollup
from workspaces.models import Workspace

FIRST = date(2026, 11, 1)
CENT = 1_000_000


def used(workspace: Workspace, day: date | int = FIRST, cost: int = CENT, **others: Any) -> UsageRollup:
    """A cent of one model on a day of November 2026."""
    values: dict[str, Any] = {"model": "anthropic/claude-sonnet-5", "source": "metered", "requests": 1, **others}
    return UsageRollup.objects.create(
        account=BillingAccount.objects.get(workspace=workspace),
        day=day if isinstance(day, date) else FIRST + timedelta(days=day - 1),
        cost=cost,
        **values,
    )

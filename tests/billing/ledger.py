"""Reservations and settlements as the tests make them."""

from datetime import datetime, timedelta
from typing import Any

from billing.ledger.deciding import Decision
from billing.ledger.facts import Payer
from billing.ledger.operations import Answer
from billing.models import BillingAccount
from billing.selectors.verification import account_verify
from billing.services.ledgerrows import UsageDetails
from billing.services.reservations import Wanted, release, reserve, settle
from workspaces.models import Workspace

NOW = datetime.fromisoformat("2026-11-29T12:00:00+00:00")
HOUR = timedelta(hours=1)


class Spender:
    """Makes requests in one workspace's name, at a time that the test sets."""

    def __init__(self, workspace: Workspace, now: datetime = NOW) -> None:
        self.workspace_id = workspace.pk
        self.now = now

    @property
    def account(self) -> BillingAccount:
        return BillingAccount.objects.get(workspace_id=self.workspace_id)

    def set(self, **fields: Any) -> None:
        BillingAccount.objects.filter(workspace_id=self.workspace_id).update(**fields)

    def reserve(self, request_id: str, ceiling: int = 10, fingerprint: str = "f", **fields: Any) -> Answer:
        wanted = Wanted(request_id, fingerprint, ceiling, "sonnet", lifetime=HOUR, **fields)
        return reserve(workspace_id=self.workspace_id, wanted=wanted, now=self.now)

    def settle(self, request_id: str, *costs: int, payer: Payer = Payer.HOST, fingerprint: str = "s") -> Decision:
        return settle(
            workspace_id=self.workspace_id,
            request_id=request_id,
            usage=[UsageDetails(f"model-{number}", cost) for number, cost in enumerate(costs)],
            payer=payer,
            fingerprint=fingerprint,
            now=self.now,
        )

    def release(self, request_id: str) -> Answer:
        return release(workspace_id=self.workspace_id, request_id=request_id, now=self.now)

    def adds_up(self) -> bool:
        """Whether `ledger_verify` finds nothing."""
        assert account_verify(self.account.pk) == []
        return True

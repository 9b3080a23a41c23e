"""Reservations and settlements as the tests make them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, connection

from billing.ledger.decision import Decision
from billing.ledger.facts import Payer
from billing.ledger.operations import Answer
from billing.models import BillingAccount
from billing.selectors.verification import account_verify
from billing.services.grants import credit_grant
from billing.services.reservations import Wanted, release, reserve, settle
from billing.services.usage import UsageItem, UsageOutcome, usage_record
from billing.services.work import UsageDetails
from opencode.lib.actor import THE_CONSOLE
from workspaces.models import Workspace

NOW = datetime.fromisoformat("2026-11-29T12:00:00+00:00")
HOUR = timedelta(hours=1)


@contextmanager
def failing(statement: str) -> Iterator[None]:
    """Every statement that begins so fails as if the disk were full."""

    def execute(run: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith(statement):
            raise DatabaseError("the disk is full")
        return run(sql, *rest)

    with connection.execute_wrapper(execute):
        yield


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

    def record(self, request_id: str, *costs: int, fingerprint: str = "u", **fields: Any) -> UsageOutcome:
        parts = tuple(UsageDetails(f"model-{number}", cost) for number, cost in enumerate(costs))
        item = UsageItem(request_id, fingerprint, **{"parts": parts, "payer": Payer.HOST, **fields})
        (outcome,) = usage_record(workspace_id=self.workspace_id, items=[item], now=self.now)
        return outcome

    def grant(self, amount: int, grant_id: str = "one") -> None:
        credit_grant(workspace_id=self.workspace_id, amount=amount, grant_id=grant_id, actor=THE_CONSOLE)

    def adds_up(self) -> bool:
        """Whether `ledger_verify` finds nothing."""
        assert account_verify(self.account.pk) == []
        return True

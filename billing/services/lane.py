"""The ledger's lane of the group commit: what arrives while a transaction commits is decided by the next one."""

import asyncio
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

import structlog
from django.db import DatabaseError

from billing.errors import LedgerUnavailable
from billing.ledger.decision import Decision
from billing.models import BillingAccount, Process
from billing.services.ledger import carried_log, ledger_write
from billing.services.work import Work
from billing.store.reading import lock_accounts
from opencode.lib.clock import utc_now
from opencode.lib.errors import Denial, NotFound
from opencode.lib.groupcommit import Lane, commit_items, write_transaction

log = structlog.get_logger(__name__)
QUEUE_BYTES: Final = 8 * 1024 * 1024
CALL_BYTES: Final = 2_000
HOST_CHARACTERS: Final = 190


@dataclass(slots=True, eq=False)
class Call:
    """One operation whose caller waits. `waiter` is passed back untouched."""

    work: Work
    waiter: "asyncio.Future[Decision] | None" = None
    bytes: int = CALL_BYTES
    outcome: Decision | Denial | None = None
    locked_since: float | None = None

    @property
    def row_id(self) -> int:
        return self.work.account_id


class LedgerLane(Lane[Call, None]):
    """`answer(calls)` is called in the thread after each commit; the lane's own row says that the process is alive."""

    name: ClassVar[str] = "ledger"
    batch_items: ClassVar[int] = 256

    def __init__(self, answer: Callable[[Sequence[Call]], None]) -> None:
        super().__init__()
        self._answer = answer
        self.process_id: int | None = None

    @property
    def queue_bytes(self) -> int:
        return QUEUE_BYTES

    def full(self) -> Denial:
        return LedgerUnavailable(retry_after=1)

    def commit(self, items: Sequence[Call]) -> tuple[list[None], list[Call]]:
        return commit_items(items, self._commit_once)

    def deliver(self, commits: list[None], done: Sequence[Call]) -> None:
        self._answer(done)

    def beat(self) -> None:
        """Note that the process lives. Once its row was removed it is another process, with reservations of its own."""
        try:
            with write_transaction():
                mine = Process.objects.filter(pk=self.process_id or 0)
                if not mine.update(seen_at=utc_now()):
                    self.process_id = Process.objects.create(host=socket.gethostname()[:HOST_CHARACTERS]).pk
        except DatabaseError:
            log.warning("process_beat_failed", exc_info=True)

    def _commit_once(self, calls: Sequence[Call]) -> tuple[list[None], list[Call]]:
        for call in calls:
            call.outcome = None
            call.work.process_id = self.process_id
        with write_transaction():
            accounts = lock_accounts(sorted({call.row_id for call in calls}), skip_locked=True)
            here = [call for call in calls if call.row_id in accounts]
            decisions = ledger_write([call.work for call in here], accounts) if here else []
        for call, decision in zip(here, decisions, strict=True):
            call.outcome = decision
            carried_log(call.work, decision)
        return [], _locked_elsewhere([call for call in calls if call.row_id not in accounts])


def _locked_elsewhere(calls: Sequence[Call]) -> list[Call]:
    """Those whose account exists; the others are refused."""
    if not calls:
        return []
    exist = set(BillingAccount.objects.filter(pk__in={call.row_id for call in calls}).values_list("pk", flat=True))
    for call in calls:
        if call.row_id not in exist:
            call.outcome = NotFound()
    return [call for call in calls if call.row_id in exist]

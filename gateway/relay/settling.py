"""Settles calls: to the spool first, then in the ledger, so that no kill in between loses what was used."""

import asyncio
from pathlib import Path
from typing import Final

import structlog
from django.db import Error

from billing.errors import LedgerUnavailable
from billing.ledger.facts import Payer
from billing.ledger.operations import Answer
from billing.models import BillingAccount
from billing.services.reservations import arelease, asettle
from gateway.errors import SpoolUnwritable
from gateway.spool.files import Due, SpoolFile
from opencode.lib.errors import Denial, NotFound

log = structlog.get_logger(__name__)
LEDGER_SECONDS: Final = 5.0
"""An answer's last event does not wait longer for its settlement: the spool has it."""
_SETTLED: Final = frozenset({Answer.SETTLED, Answer.ALREADY_SETTLED})


class Settling:
    """One process's spool, and the ledger behind it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._spool: SpoolFile | None = None
        self._unspooled: dict[str, Due] = {}
        self._asked: dict[str, asyncio.Task[None]] = {}

    @property
    def due(self) -> int:
        """How many calls are not settled yet."""
        return len(self._spool.due if self._spool else ()) + len(self._unspooled)

    def begin(self) -> None:
        """Make sure that there is a spool. Raises SpoolUnwritable: then no call may be sent."""
        if self._unspooled:
            raise SpoolUnwritable(retry_after=5)
        if self._spool is None:
            try:
                self._spool = SpoolFile(self._folder)
            except OSError as error:
                log.exception("spool_unwritable", folder=str(self._folder))
                raise SpoolUnwritable(retry_after=5) from error

    def keep(self, due: Due) -> None:
        """Write a call into the spool, or keep it in memory when that fails."""
        try:
            if self._spool is None:
                raise OSError("no spool")
            self._spool.add(due)
        except OSError:
            log.exception("spool_unwritable", folder=str(self._folder))
            self._unspooled[due.request_id] = due

    async def settle(self, due: Due) -> None:
        """Settle a call that is kept. It stays kept when the ledger does not answer; `retry` asks again later."""
        task = asyncio.ensure_future(self._settle(due))
        self._asked[due.request_id] = task
        task.add_done_callback(lambda _task: self._asked.pop(due.request_id, None))
        await asyncio.wait({task}, timeout=LEDGER_SECONDS)

    async def retry(self) -> None:
        """Ask the ledger again for everything that is kept and not being asked for."""
        for due in [*(self._spool.due.values() if self._spool else ()), *self._unspooled.values()]:
            if due.request_id not in self._asked:
                await self.settle(due)

    async def release(self, workspace_id: str, request_id: str) -> None:
        """Nothing was spent. A hold that cannot be released now ends by itself."""
        try:
            await arelease(workspace_id=workspace_id, request_id=request_id)
        except (Denial, Error):
            log.warning("release_failed", request_id=request_id, exc_info=True)

    async def close(self) -> None:
        """Wait for the ledger's answers; what is due then is left to other processes."""
        if self._asked:
            await asyncio.wait(self._asked.values(), timeout=LEDGER_SECONDS)
        if self._spool is not None:
            self._spool.close()
            self._spool = None

    async def _settle(self, due: Due) -> None:
        try:
            decision = await asettle(
                workspace_id=due.workspace_id,
                request_id=due.request_id,
                usage=due.parts,
                payer=Payer(due.payer),
                fingerprint=due.fingerprint,
                wire_format=due.wire_format,
                body=due.body,
            )
        except (LedgerUnavailable, Error):
            log.warning("settlement_delayed", request_id=due.request_id)
            return
        except (NotFound, BillingAccount.DoesNotExist):
            log.warning("settlement_refused", request_id=due.request_id, answer="no_account")
        else:
            if decision.answer not in _SETTLED:
                log.error("settlement_refused", request_id=due.request_id, answer=decision.answer)
        self._unspooled.pop(due.request_id, None)
        if self._spool is not None:
            self._spool.done(due.request_id)

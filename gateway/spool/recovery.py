"""Settles what processes that are gone left in their spools; after their holds expired, as after any expiry."""

from pathlib import Path

import structlog
from django.db import Error

from billing.errors import LedgerUnavailable
from billing.ledger.facts import Payer
from billing.models import BillingAccount
from billing.services.reservations import settle
from gateway.spool.files import Due, left_spools

log = structlog.get_logger(__name__)


def spools_recover(folder: Path) -> int:
    """Settle and remove the spools that no living process of this machine holds; returns how many were settled."""
    settled = 0
    for left in left_spools(folder):
        with left as due:
            done = [_settled(each) for each in due]
            settled += sum(done)
            if all(done):
                left.remove()
        if due:
            log.warning("spool_recovered", file=left.path.name, calls=len(due), settled=sum(done))
    return settled


def _settled(due: Due) -> bool:
    """Whether the ledger decided; otherwise it is asked again at the next look."""
    try:
        decision = settle(
            workspace_id=due.workspace_id,
            request_id=due.request_id,
            usage=due.parts,
            payer=Payer(due.payer),
            fingerprint=due.fingerprint,
            wire_format=due.wire_format,
            body=due.body,
        )
    except BillingAccount.DoesNotExist:
        log.warning("settlement_refused", request_id=due.request_id, answer="no_account")
        return True
    except (LedgerUnavailable, Error):
        log.warning("settlement_delayed", request_id=due.request_id, exc_info=True)
        return False
    log.info("settled_from_spool", request_id=due.request_id, answer=decision.answer)
    return True

"""Brings subscriptions to what workspaces are: seats by members, nothing charged while a workspace is closed."""

from datetime import datetime
from typing import Any, Final

import structlog

from billing.ledger.subscriptions import ENDED
from billing.models import StripeCall, StripeCustomer
from billing.plans import PLANS
from billing.selectors.plans import members_of
from billing.stripe.calls import OPEN, CallRefused, CallUnanswered
from billing.stripe.subscribing import subscription_change
from workspaces.models import Workspace

log = structlog.get_logger(__name__)
MENDED_AT_ONCE: Final = 200


def subscriptions_mend(*, now: datetime) -> int:
    """Change the subscriptions that differ, by what was read of them last; returns how many were changed.

    Nothing has to be told of a member who joins or a workspace that is closed: what is here is compared, every time.
    """
    live = StripeCustomer.objects.exclude(status__in=ENDED).select_related("account").order_by("read_at", "pk")
    return sum(_mend(row, now) for row in live.iterator() if row.plan in PLANS)


def difference_of(row: StripeCustomer, workspace: Workspace | None, members: int) -> dict[str, Any]:
    """What is to be changed of the subscription; nothing when it is as it should be. A purged workspace is None."""
    if workspace is None or not workspace.is_open:
        changes: dict[str, Any] = {} if row.is_paused else {"pause_collection": {"behavior": "void"}}
        ends = workspace is None and row.ends_at is None
        return {**changes, "cancel_at_period_end": True} if ends else changes
    if row.is_paused:
        return {"pause_collection": ""}
    seats = PLANS[row.plan].seats_billed(members)
    if seats == row.seats:
        return {}
    return {"items": [{"id": row.item_id, "quantity": seats}], "proration_behavior": "create_prorations"}


def _mend(row: StripeCustomer, now: datetime) -> bool:
    workspace = Workspace.objects.filter(pk=row.account.workspace_id).first()
    changes = difference_of(row, workspace, members_of(row.account.workspace_id))
    changing = StripeCall.objects.filter(account_id=row.account_id, act=StripeCall.Act.CHANGE, state__in=OPEN)
    if not changes or changing.exists():
        return False
    log.info("subscription_differs", account=row.account_id, changes=sorted(changes))
    try:
        subscription_change(row, changes, now=now)
    except (CallRefused, CallUnanswered) as error:
        log.warning("subscription_not_mended", account=row.account_id, why=str(error)[:200])
        return False
    return True

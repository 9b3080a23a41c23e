"""Keeps the mirror of Stripe's objects, customer by customer, after what was read of them has changed."""

from datetime import datetime, timedelta
from typing import Any, Final

import structlog

from billing.mirror.rows import is_mirrored, mirror_write
from billing.models import BillingAccount, StripeCustomer
from billing.stripe.client import stripe_client, stripe_error
from opencode.lib.due import DueMark
from workspaces.models import Workspace

log = structlog.get_logger(__name__)
MARK: Final = DueMark(StripeCustomer, "mirror_due_at", lease=timedelta(minutes=5))
AGAIN: Final = timedelta(minutes=10)
CUSTOMERS_AT_ONCE: Final = 20
NEWEST: Final = 100
"""So many of a customer's objects of a kind are copied; older ones stay as they were last."""


def mirrors_write(*, now: datetime) -> int:
    """Copy what Stripe holds of the customers that are marked; returns how many. Nothing depends on it."""
    if not is_mirrored():
        return 0
    return sum(_write(account_id, now) for account_id in MARK.ids(now=now, limit=CUSTOMERS_AT_ONCE))


def _write(account_id: int, now: datetime) -> bool:
    lease = MARK.take(account_id, now=now)
    if lease is None:
        return False
    account = BillingAccount.objects.only("customer_id", "workspace_id").get(pk=account_id)
    if account.customer_id is None or not Workspace.objects.filter(pk=account.workspace_id).exists():
        lease.release(due_at=None)
        return False
    try:
        mirror_write(_objects(account.customer_id))
    except stripe_error() as error:
        log.warning("stripe_unread", account=account_id, error=f"{type(error).__name__}: {error}"[:200])
    except Exception:
        # A copy for people to look at must not keep payments from being read.
        log.exception("mirror_not_written", account=account_id)
    else:
        return lease.release(due_at=None)
    lease.release(due_at=now + AGAIN)
    return False


def _objects(customer_id: str) -> list[Any]:
    """The customer, and its newest charges, invoices and subscriptions. Raises StripeError."""
    api = stripe_client().v1
    listed: Any = {"customer": customer_id, "limit": NEWEST}
    customer = api.customers.retrieve(customer_id).to_dict()
    if customer.get("deleted"):
        return []
    every: Any = {**listed, "status": "all"}
    found: list[Any] = [api.charges.list(listed), api.invoices.list(listed), api.subscriptions.list(every)]
    return [customer, *(each for page in found for each in page.to_dict()["data"])]

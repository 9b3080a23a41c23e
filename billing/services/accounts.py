"""What workspaces ask of billing when they are made and when they grow: an account, and how many seats there are."""

from django.conf import settings

from billing.ledger.facts import Funding
from billing.models import BillingAccount
from billing.selectors.plans import entitlements_for


def billing_account_open(workspace_id: str) -> None:
    """Create the workspace's account, in the transaction that creates the workspace. A repeat changes nothing.

    Where workspaces pay they do so before they spend; where there are no payments the host pays.
    """
    funding = Funding.POSTPAID if settings.PAYMENTS.mode == "none" else Funding.PREPAID
    BillingAccount.objects.get_or_create(workspace_id=workspace_id, defaults={"funding": funding.value})


def seat_limit_of(workspace_id: str) -> int | None:
    """The largest number of members by the workspace's plan; None without a limit."""
    return entitlements_for(workspace_id).seats

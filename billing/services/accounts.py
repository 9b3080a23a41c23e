"""Billing accounts."""

from billing.models import BillingAccount


def billing_account_open(workspace_id: str) -> None:
    """The workspace's account, made in the transaction that makes the workspace. Opening it again changes nothing."""
    BillingAccount.objects.get_or_create(workspace_id=workspace_id)


def seat_limit_of(workspace_id: str) -> int | None:
    """No plan limits the number of members yet."""
    return None

"""What you owe: accounts, and the prices they are charged by."""

from billing.models.accounts import BillingAccount, new_billing_account_id
from billing.models.prices import PriceEntry, PriceVersion

__all__ = ["BillingAccount", "PriceEntry", "PriceVersion", "new_billing_account_id"]

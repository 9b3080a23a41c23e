"""Accounts with their limits and grants, reservations and the processes that hold them, usage with its sums,
what messages report, ledger entries, payments, alerts, and the prices in force.
"""

from billing.models.accounts import BillingAccount, LimitCounter, new_billing_account_id
from billing.models.alerts import AlertFiring
from billing.models.autotopups import AutoTopUp, AutoTopUpAttempt
from billing.models.customers import StripeCustomer
from billing.models.grants import PeriodicGrant
from billing.models.payments import StripeCall, StripeCursor, StripeEvent, TopUp
from billing.models.prices import PriceEntry, PriceVersion
from billing.models.processes import Process
from billing.models.reported import ReportedMessage
from billing.models.rollups import QuarantinedRequest, StatementDay, UsageRollup
from billing.models.usage import REQUEST_ID_CHARACTERS, LedgerEntry, Reservation, Usage

__all__ = [
    "REQUEST_ID_CHARACTERS",
    "AlertFiring",
    "AutoTopUp",
    "AutoTopUpAttempt",
    "BillingAccount",
    "LedgerEntry",
    "LimitCounter",
    "PeriodicGrant",
    "PriceEntry",
    "PriceVersion",
    "Process",
    "QuarantinedRequest",
    "ReportedMessage",
    "Reservation",
    "StatementDay",
    "StripeCall",
    "StripeCursor",
    "StripeCustomer",
    "StripeEvent",
    "TopUp",
    "Usage",
    "UsageRollup",
    "new_billing_account_id",
]

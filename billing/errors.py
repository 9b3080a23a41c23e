"""Refusals of billing."""

from opencode.lib.errors import Conflict, Denial, Forbidden, ServiceUnavailable


class BalanceInsufficient(Denial):
    code = "balance_insufficient"
    status = 402
    default_message = "The workspace's balance does not cover this request."


class LimitReached(Denial):
    code = "limit_reached"
    status = 402
    default_message = "This request would exceed a monthly limit."


class BillingFrozen(Forbidden):
    code = "billing_frozen"
    default_message = "The workspace's spending is frozen; ask your administrator why."


class SpendingClosed(Forbidden):
    code = "spending_closed"
    default_message = "The workspace is blocked or deleted, so nothing more is spent in it."


class RequestConflict(Conflict):
    code = "request_conflict"
    default_message = "Another request with this ID came first, and that one counts."


class LedgerUnavailable(ServiceUnavailable):
    code = "ledger_unavailable"
    default_message = "The cost of this request could not be reserved, so it was not sent."


class UsageUnpriced(Denial):
    code = "usage_unpriced"
    status = 422
    default_message = "There is no price for this usage."

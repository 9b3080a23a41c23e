"""Refusals of billing."""

from opencode.lib.errors import Conflict, Denial, Forbidden, ServiceUnavailable, TooManyRequests


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


class PaymentsOff(Conflict):
    code = "payments_off"
    default_message = "Payments are not set up on this console."


class TopUpAmountInvalid(Denial):
    code = "top_up_amount_invalid"
    status = 422
    default_message = "A top-up is at least $10 and at most $10,000, in whole cents."


class TopUpsTooMany(TooManyRequests):
    code = "top_ups_too_many"
    default_message = "Too many top-ups were begun here within an hour; pay one of them, or wait."


class PaymentsUnavailable(ServiceUnavailable):
    code = "payments_unavailable"
    default_message = "The payment provider did not answer, so nothing was charged. Try again in a moment."


class RefundRefused(Conflict):
    code = "refund_refused"
    default_message = "This top-up cannot be refunded."


class SignatureInvalid(Denial):
    code = "signature_invalid"
    default_message = "The event is not signed with the webhook's secret."


class PlansOff(Conflict):
    code = "plans_off"
    default_message = "No plans are sold on this console: every workspace has everything."


class PlanSubscribed(Conflict):
    code = "plan_subscribed"
    default_message = "The workspace is subscribed to a plan, which its owners change under Billing."


class PlanNotCharged(Denial):
    code = "plan_not_charged"
    status = 402
    default_message = "The card was not charged, so the plan stays as it is."


class PlanChangesTooMany(TooManyRequests):
    code = "plan_changes_too_many"
    default_message = "The plan was changed too often within an hour; wait a little."

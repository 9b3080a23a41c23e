"""Django app `billing`."""

from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "billing"

    def ready(self) -> None:
        from billing.selectors.spending import spending_this_month
        from billing.services.accounts import billing_account_open, seat_limit_of
        from billing.services.budgets import limit_copy
        from workspaces import ports

        ports.billing_account_open.bind(billing_account_open)
        ports.spending_limit_set.bind(limit_copy)
        ports.spending_this_month.bind(spending_this_month)
        ports.seat_limit.bind(seat_limit_of)

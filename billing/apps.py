"""Django app `billing`."""

from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "billing"

    def ready(self) -> None:
        from billing.selectors.spending import spending_this_month
        from billing.services.accounts import billing_account_open, seat_limit_of
        from billing.services.budgets import limit_copy
        from billing.services.ends import balance_left, billing_names_erase
        from workspaces import ports

        ports.billing_account_open.bind(billing_account_open)
        ports.spending_limit_set.bind(limit_copy)
        ports.spending_this_month.bind(spending_this_month)
        ports.seat_limit.bind(seat_limit_of)
        ports.billing_names_erase.bind(billing_names_erase)
        ports.balance_left.bind(balance_left)

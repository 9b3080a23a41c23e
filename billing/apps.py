"""Django app `billing`."""

from django.apps import AppConfig


class BillingConfig(AppConfig):
    name = "billing"

    def ready(self) -> None:
        from billing.services.accounts import billing_account_open, seat_limit_of
        from workspaces import ports

        ports.billing_account_open.bind(billing_account_open)
        ports.seat_limit.bind(seat_limit_of)

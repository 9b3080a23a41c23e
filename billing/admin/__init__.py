"""Admin pages: accounts, usage and prices; payments. Importing them registers them."""

from billing.admin import accounts, payments

__all__ = ["accounts", "payments"]

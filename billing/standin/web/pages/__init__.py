"""Pages people click through: paying, authenticating, the portal, receipts and invoices."""

from billing.standin.web.pages.addresses import page_answer

__all__ = ["page_answer"]

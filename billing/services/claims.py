"""Claims auto top-ups for whoever changes what they depend on besides the ledger."""

from datetime import datetime

from billing.store.claiming import auto_top_ups_claim


def auto_top_up_claim(account_id: int, *, now: datetime) -> None:
    """Have the account's card charged if its balance is below its threshold; the caller has locked the account."""
    auto_top_ups_claim([account_id], now)

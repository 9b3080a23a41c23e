"""What remains of a purged workspace's account: money and usage under plain ids, and no name.

Nothing has to be done here when a workspace is closed or restored: whoever reserves reads its row with the account's.
"""

from collections.abc import Mapping

from billing.mirror.rows import mirror_forget
from billing.models import (
    AlertFiring,
    BillingAccount,
    LedgerEntry,
    QuarantinedRequest,
    StripeCall,
    StripeCustomer,
    TopUp,
)


def billing_names_erase(workspace_id: str) -> Mapping[str, int]:
    """Erase what people and programs wrote; returns the balance and what is held, in micro-cents, for the receipt.

    Inside the purge's transaction; amounts, ids and days stay, as do models. Of payments their cards and documents go,
    what was sent to Stripe, unless its answer is still open, and the copies of what Stripe holds.
    """
    account = BillingAccount.objects.select_for_update().get(workspace_id=workspace_id)
    QuarantinedRequest.objects.filter(account_id=account.pk).update(body="", detail="", reason="")
    # A ledger entry is never changed but for this: its words are no part of what it counts.
    LedgerEntry._base_manager.filter(account_id=account.pk).exclude(reason="").update(reason="")
    TopUp.objects.filter(account_id=account.pk).update(card="", receipt_url="", invoice_url="")
    StripeCall.objects.filter(account_id=account.pk, ended_at__isnull=False).update(parameters={}, error="")
    AlertFiring.objects.filter(account_id=account.pk).delete()
    nobody = {"name": "", "email": "", "country": "", "tax_id": "", "card": ""}
    StripeCustomer.objects.filter(pk=account.pk).update(**nobody)
    if account.customer_id is not None:
        mirror_forget(account.customer_id)
    return {"balance_micro_cents": account.balance, "held_micro_cents": account.reserved}


def balance_left(workspace_id: str) -> int:
    """What of the workspace's money is left, in micro-cents; 0 when it has none or owes some."""
    balances = BillingAccount.objects.filter(workspace_id=workspace_id).values_list("balance", flat=True)
    return max(0, balances.first() or 0)

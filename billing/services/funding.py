"""Who pays for a workspace, and whether it may spend: acts of operators and staff, each with a reason."""

from django.db import transaction

from billing.ledger.facts import Funding
from billing.models import BillingAccount
from opencode.lib.actor import Actor
from opencode.lib.clock import utc_now
from workspaces.services.audit import audit_record


def funding_set(*, workspace_id: str, funding: Funding, actor: Actor) -> bool:
    """Prepaid or postpaid from the next request on; False when nothing changes. What is held stays held."""
    with transaction.atomic():
        row = BillingAccount.objects.select_for_update().get(workspace_id=workspace_id)
        if row.funding == funding.value:
            return False
        BillingAccount.objects.filter(pk=row.pk).update(funding=funding.value)
        details = {"from": row.funding, "to": funding.value}
        audit_record(workspace_id=workspace_id, actor=actor, action="billing.funding", details=details)
    return True


def spending_freeze(*, workspace_id: str, actor: Actor) -> bool:
    """Refuse every new request, free ones too; running ones are settled. False when it was frozen."""
    return _frozen(workspace_id, actor, is_frozen=True)


def spending_unfreeze(*, workspace_id: str, actor: Actor) -> bool:
    """Take requests again; False when it was not frozen."""
    return _frozen(workspace_id, actor, is_frozen=False)


def _frozen(workspace_id: str, actor: Actor, *, is_frozen: bool) -> bool:
    with transaction.atomic():
        row = BillingAccount.objects.select_for_update().get(workspace_id=workspace_id)
        if (row.frozen_at is not None) == is_frozen:
            return False
        BillingAccount.objects.filter(pk=row.pk).update(frozen_at=utc_now() if is_frozen else None)
        action = "billing.freeze" if is_frozen else "billing.unfreeze"
        audit_record(workspace_id=workspace_id, actor=actor, action=action)
    return True

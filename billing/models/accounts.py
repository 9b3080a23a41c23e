"""One account a workspace; the ledger follows with the billing work."""

from django.db import models

from opencode.lib.clock import utc_now
from opencode.lib.ids import new_id
from workspaces.models import Workspace


def new_billing_account_id() -> str:
    return new_id("bil")


class BillingAccount(models.Model):
    """Holds a workspace's money matters; made with the workspace, in the same transaction."""

    id = models.CharField(primary_key=True, max_length=30, default=new_billing_account_id, editable=False)
    workspace = models.OneToOneField(Workspace, on_delete=models.PROTECT, related_name="billing_account")
    created_at = models.DateTimeField(default=utc_now, editable=False)

    def __str__(self) -> str:
        return f"billing of {self.workspace_id}"

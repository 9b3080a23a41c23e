"""Which account is a workspace's; that never changes."""

from typing import Final

from asgiref.sync import sync_to_async
from cachetools import LRUCache

from billing.models import BillingAccount

_KNOWN: Final[LRUCache[str, int]] = LRUCache(10_000)


def account_id_of(workspace_id: str) -> int:
    """Raises DoesNotExist."""
    return BillingAccount.objects.values_list("pk", flat=True).get(workspace_id=workspace_id)


async def aaccount_id_of(workspace_id: str) -> int:
    """Without a query for workspaces that spent lately. Raises DoesNotExist."""
    found = _KNOWN.get(workspace_id)
    if found is None:
        found = _KNOWN[workspace_id] = await sync_to_async(account_id_of)(workspace_id)
    return found

"""The group `support`: what support staff who are no superusers may see and do. Every `migrate` resets it."""

from typing import Any, Final

from django.apps import apps as global_apps
from django.db.models import Q

GROUP: Final = "support"
_MODELS: Final = ("Group", "Permission")
ACTS: Final = (
    "accounts.suspend_user",
    "accounts.revoke_device",
    "workspaces.block_workspace",
    "workspaces.restore_workspace",
    "workspaces.revoke_apikey",
    "workspaces.revoke_sharetoken",
    "billing.fund_account",
    "billing.set_plan",
    "billing.release_quarantined",
    "sync.end_share",
)
SEEN: Final = (
    "accounts.view_user",
    "accounts.view_device",
    "accounts.view_outgoingmail",
    "workspaces.view_workspace",
    "workspaces.view_membership",
    "workspaces.view_apikey",
    "workspaces.view_sharetoken",
    "workspaces.view_configversion",
    "workspaces.view_auditentry",
    "workspaces.view_auditanchor",
    "billing.view_billingaccount",
    "billing.view_ledgerentry",
    "billing.view_usage",
    "billing.view_reservation",
    "billing.view_quarantinedrequest",
    "billing.view_priceversion",
    "billing.view_priceentry",
    "sync.view_session",
    "sync.view_share",
    "sync.view_snapshot",
    "sync.view_deletionreceipt",
)


def support_group_set(*, using: str = "default", apps: Any = global_apps, **_signal: Any) -> None:
    """Runs after a `migrate` that has created the permissions, and after a test has emptied the tables."""
    try:
        groups, permissions = (apps.get_model("auth", name)._default_manager.using(using) for name in _MODELS)
    except LookupError:
        return
    named = Q()
    for right in (*SEEN, *ACTS):
        app, _, codename = right.partition(".")
        named |= Q(content_type__app_label=app, codename=codename)
    group, _ = groups.get_or_create(name=GROUP)
    group.permissions.set(permissions.filter(named))

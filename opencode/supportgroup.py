"""The group `support`: what support staff who are no superusers may see and do. Every `migrate` sets it anew."""

from collections.abc import Iterable
from typing import Any, Final

GROUP: Final = "support"
ACTS: Final = (
    "accounts.suspend_user",
    "accounts.revoke_device",
    "workspaces.block_workspace",
    "workspaces.restore_workspace",
    "workspaces.revoke_apikey",
    "workspaces.revoke_sharetoken",
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
    "sync.view_session",
    "sync.view_share",
    "sync.view_snapshot",
    "sync.view_deletionreceipt",
)


def support_group_set(*, using: str = "default", **_signal: Any) -> None:
    """After a `migrate` that has made the permissions; also after a test has emptied the tables."""
    from django.contrib.auth.models import Group

    group, _ = Group.objects.using(using).get_or_create(name=GROUP)
    group.permissions.set(_permissions((*SEEN, *ACTS), using))


def _permissions(rights: Iterable[str], using: str) -> list[Any]:
    from django.contrib.auth.models import Permission
    from django.db.models import Q

    named = Q()
    for right in rights:
        app, _, codename = right.partition(".")
        named |= Q(content_type__app_label=app, codename=codename)
    return list(Permission.objects.using(using).filter(named))

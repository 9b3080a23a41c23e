"""A person's exports, and what accounts itself puts into one."""

from typing import Any

from allauth.account.models import EmailAddress
from django.db.models import QuerySet

from accounts.models import DataExport, Device, User


def exports_of(user: User, *, workspace_id: str = "") -> QuerySet[DataExport]:
    """The exports the person asked for, of their account or of this workspace, the newest first."""
    return DataExport.objects.filter(user=user, workspace_id=workspace_id).order_by("-pk")


def profile(user_id: str) -> dict[str, Any]:
    user = User.objects.get(pk=user_id)
    addresses = EmailAddress.objects.filter(user=user).order_by("pk").values("email", "verified", "primary")
    return {
        "id": user.pk,
        "email": user.email,
        "name": user.name,
        "joined": user.date_joined,
        "last_sign_in": user.last_login,
        "addresses": list(addresses),
    }


def devices(user_id: str) -> list[dict[str, Any]]:
    fields = ("id", "name", "agent", "created_at", "created_ip", "last_used_at", "last_used_ip", "revoked_at")
    return list(Device.objects.filter(user_id=user_id).order_by("pk").values(*fields))

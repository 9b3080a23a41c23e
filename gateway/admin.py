"""Admin pages of the gateway: the host's catalogue, which staff may switch, and keys without their text."""

from typing import ClassVar, Final

from django.contrib import admin

from gateway.models import Model, ModelPolicy, ProviderCredential
from gateway.services.models import host_model_switch
from opencode.lib.actor import Actor
from opencode.lib.admin import LookOnlyAdmin, StaffAct, WithStaffActs


def _offer(row: Model, _staff: Actor) -> bool:
    return host_model_switch(model=row, is_on=True)


def _withdraw(row: Model, _staff: Actor) -> bool:
    return host_model_switch(model=row, is_on=False)


RIGHT: Final = "gateway.switch_model"
ACTS: Final = (
    StaffAct("offer", "Offer to all workspaces", "It can be called where a key serves it.", RIGHT, _offer),
    StaffAct("withdraw", "Withdraw from all workspaces", "Calls for it are refused soon after.", RIGHT, _withdraw),
)


@admin.register(Model)
class ModelAdmin(WithStaffActs[Model], LookOnlyAdmin[Model]):
    """Models of the host, with an empty workspace, and of workspaces."""

    list_display = ("slug", "name", "kind", "workspace_id", "price_name", "source", "off_at")
    list_filter = ("kind", "source")
    search_fields = ("slug", "name", "workspace_id")
    staff_acts: ClassVar = ACTS


@admin.register(ProviderCredential)
class ProviderCredentialAdmin(LookOnlyAdmin[ProviderCredential]):
    """Providers' keys; the key itself is never shown, and neither are further headers, which may be as secret."""

    list_display = ("name", "kind", "workspace_id", "last4", "state", "last_error", "off_at")
    list_filter = ("kind", "state")
    search_fields = ("name", "workspace_id")
    exclude = ("secret", "headers")


@admin.register(ModelPolicy)
class ModelPolicyAdmin(LookOnlyAdmin[ModelPolicy]):
    list_display = ("workspace_id", "model", "is_on", "roles", "output_cap", "call_ceiling")
    search_fields = ("workspace_id",)
    list_select_related = ("model",)

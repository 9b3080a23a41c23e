"""Forms about members and invitations."""

from typing import Any

from django import forms

from opencode.lib.moneyfields import LimitField
from workspaces.forms.fields import RoleField
from workspaces.models import Membership
from workspaces.services.memberships import MembershipChanges


class InvitationForm(forms.Form):
    email = forms.EmailField(
        label="E-mail",
        max_length=254,
        help_text="Only this address can accept, within 7 days.",
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, by_role: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"] = RoleField(by_role)


class MemberForm(forms.Form):
    """A member's role, and what they may spend a month in dollars."""

    monthly_limit = LimitField(
        "What this member can spend on models in a calendar month. Empty: only the workspace's own limits."
    )
    field_order = ("role", "monthly_limit")

    def __init__(self, *args: Any, membership: Membership, by_role: str, **kwargs: Any) -> None:
        kwargs["initial"] = {"role": membership.role, "monthly_limit": membership.monthly_limit}
        super().__init__(*args, **kwargs)
        self.fields["role"] = RoleField(by_role)
        self.order_fields(self.field_order)

    def changes(self) -> MembershipChanges:
        return {"role": self.cleaned_data["role"], "monthly_limit": self.cleaned_data["monthly_limit"]}

"""Forms that make an account ask the sign-up policy about its address."""

from typing import Any, Final

from django import forms

from accounts.selectors.signup import OWNER_FIRST, may_sign_up, sign_up_policy

REFUSALS: Final = {
    OWNER_FIRST: "This console has no owner yet; nobody signs up before them.",
    "invitation": "New people come by invitation here, and there is no open one for this address.",
    "domain": "New people need an address of this team here, or an invitation.",
}


class ByPolicy:
    """Refused before anything is looked up, so that the answer says nothing about accounts."""

    cleaned_data: dict[str, Any]

    def clean_email(self) -> str:
        email = self.cleaned_data["email"]
        if not may_sign_up(email):
            raise forms.ValidationError(REFUSALS.get(sign_up_policy(), "Nobody new comes in here."))
        return str(super().clean_email())  # type: ignore[misc]

"""A mixin for forms that create an account: the sign-up policy must allow the address."""

from typing import Any, Final

from django import forms

from accounts.selectors.signup import OWNER_FIRST, may_sign_up, sign_up_policy

REFUSALS: Final = {
    OWNER_FIRST: "This console has no owner yet; nobody signs up before them.",
    "invitation": "Sign-up is by invitation, and there is no open invitation for this address.",
    "domain": "You need an address of this team, or an invitation, to sign up.",
}


class ByPolicy:
    """Checks the policy before any account is looked up, so that a refusal says nothing about accounts."""

    cleaned_data: dict[str, Any]

    def clean_email(self) -> str:
        email = self.cleaned_data["email"]
        if not may_sign_up(email):
            raise forms.ValidationError(REFUSALS.get(sign_up_policy(), "Nobody can sign up on this console."))
        return str(super().clean_email())  # type: ignore[misc]

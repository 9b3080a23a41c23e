"""Forms about accounts at providers."""

from typing import Any

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.forms import DisconnectForm, SignupForm
from allauth.socialaccount.models import SocialApp
from django import forms

from accounts.forms.policy import ByPolicy
from accounts.forms.words import InOurWords


class ConsoleProviderSignupForm(InOurWords, ByPolicy, SignupForm):  # type: ignore[misc]
    """For people whose provider names no address."""


class ConsoleDisconnectForm(DisconnectForm):  # type: ignore[misc]
    def clean(self) -> dict[str, Any]:
        """Skip allauth's check, which requires a password even where a code by mail works; our adapter decides."""
        data: dict[str, Any] = forms.Form.clean(self) or {}
        if account := data.get("account"):
            get_adapter().validate_disconnect(account, self.accounts)
        return data

    def save(self) -> None:
        """Unlink the account, even when its provider is no longer configured."""
        try:
            super().save()
        except SocialApp.DoesNotExist:
            self.cleaned_data["account"].delete()

"""Deleting one's account."""

from typing import Any

from django import forms

from accounts.models import User, fold_email


class AccountDeleteForm(forms.Form):
    """Asks for the account's address, so that nobody deletes the wrong account by mistake."""

    confirmation = forms.CharField(
        label="Type your e-mail address",
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._email = user.email

    def clean_confirmation(self) -> str:
        typed = fold_email(self.cleaned_data["confirmation"])
        if typed != self._email:
            raise forms.ValidationError("That is not the address you sign in with.", code="another_address")
        return typed

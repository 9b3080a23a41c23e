"""The form that asks for another address."""

from typing import Any

from allauth.account.adapter import get_adapter
from django import forms

from accounts.models import User


class EmailChangeForm(forms.Form):
    email = forms.EmailField(
        label="New e-mail", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_email(self) -> str:
        email: str = get_adapter().clean_email(self.cleaned_data["email"])
        if email == self.user.email:
            raise forms.ValidationError("You sign in with this address already.")
        return email

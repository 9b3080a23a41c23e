"""Forms: the first owner's, and allauth's where the database must not be trusted to keep addresses unique."""

from typing import Any

from allauth.account.forms import ResetPasswordForm, SignupForm
from django import forms
from django.contrib.auth.password_validation import password_validators_help_text_html, validate_password
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse

from accounts.models import User, fold_email


class ConsoleSignupForm(SignupForm):  # type: ignore[misc]
    account_already_exists: bool

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        """A sign-up that loses a race for its address ends like any sign-up with a taken one: nobody can tell."""
        if self.account_already_exists:
            return self._answer(super().try_save(request))
        try:
            with transaction.atomic():
                return self._answer(super().try_save(request))
        except IntegrityError:
            self.account_already_exists = True
            return self._answer(super().try_save(request))

    @staticmethod
    def _answer(answer: Any) -> tuple[User | None, HttpResponse | None]:
        user, response = answer
        return user, response


class ConsoleResetPasswordForm(ResetPasswordForm):  # type: ignore[misc]
    users: list[User]

    def clean_email(self) -> str:
        """Only the account that signs in with this address: not one that merely asked to change to it."""
        email: str = super().clean_email()
        self.users = [user for user in self.users if user.email == fold_email(email)]
        return email


class FirstOwnerForm(forms.Form):
    email = forms.EmailField(
        label="E-mail", max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True})
    )
    password = forms.CharField(
        label="Password",
        strip=False,
        max_length=1024,
        help_text=password_validators_help_text_html,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_email(self) -> str:
        return fold_email(self.cleaned_data["email"])

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if "password" in data:
            try:
                validate_password(data["password"], User(email=data.get("email", "")))
            except forms.ValidationError as error:
                self.add_error("password", error)
        return data

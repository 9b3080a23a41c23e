"""allauth's account forms in the console's wording, not relying on the database to keep addresses unique."""

from typing import Any

from allauth.account.forms import (
    ChangePasswordForm,
    ConfirmLoginCodeForm,
    LoginForm,
    ReauthenticateForm,
    RequestLoginCodeForm,
    ResetPasswordForm,
    ResetPasswordKeyForm,
    SetPasswordForm,
    SignupForm,
)
from allauth.core import context
from django import forms
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse

from accounts.forms.policy import ByPolicy
from accounts.forms.words import GOOD_CHOICE_HELP, InOurWords
from accounts.models import User, fold_email
from accounts.services.devices import devices_revoke
from opencode.lib.http import person_of


class ConsoleLoginForm(InOurWords, LoginForm):  # type: ignore[misc]
    pass


class ConsoleChangePasswordForm(InOurWords, ChangePasswordForm):  # type: ignore[misc]
    """Also signs out the person's devices by default, in case the old password was known to others."""

    end_devices = forms.BooleanField(
        label="Also sign out my devices",
        required=False,
        initial=True,
        help_text="Agents logged in as you have to log in again. Your other browsers are signed out in any case.",
    )
    user: User

    def save(self) -> None:
        super().save()
        if self.cleaned_data["end_devices"]:
            request = context.request
            devices_revoke(user=self.user, actor=person_of(request, self.user.pk))


class ConsoleSetPasswordForm(InOurWords, SetPasswordForm):  # type: ignore[misc]
    pass


class ConsoleResetPasswordKeyForm(InOurWords, ResetPasswordKeyForm):  # type: ignore[misc]
    pass


class ConsoleReauthenticateForm(InOurWords, ReauthenticateForm):  # type: ignore[misc]
    pass


class ConsoleRequestLoginCodeForm(InOurWords, RequestLoginCodeForm):  # type: ignore[misc]
    pass


class ConsoleConfirmLoginCodeForm(InOurWords, ConfirmLoginCodeForm):  # type: ignore[misc]
    pass


class ConsoleSignupForm(InOurWords, ByPolicy, SignupForm):  # type: ignore[misc]
    account_already_exists: bool

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].help_text = f"{GOOD_CHOICE_HELP} Without one, codes sent by mail sign you in."

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        """Answer a sign-up that loses a race for its address like one whose address is taken, so both look the same."""
        if self.account_already_exists:
            if password := self.cleaned_data["password1"]:
                make_password(password)  # takes as long as the sign-up of a free address
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


class ConsoleResetPasswordForm(InOurWords, ResetPasswordForm):  # type: ignore[misc]
    users: list[User]

    def clean_email(self) -> str:
        """The address; only the account that signs in with it is reset, not one that merely asked to change to it."""
        email: str = super().clean_email()
        self.users = [user for user in self.users if user.email == fold_email(email)]
        return email

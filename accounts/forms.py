"""Forms: the first owner's, and allauth's in our words and without trust in the database to keep addresses unique."""

from typing import Any, Final

from allauth.account.forms import (
    AddEmailForm,
    ChangePasswordForm,
    LoginForm,
    ReauthenticateForm,
    ResetPasswordForm,
    ResetPasswordKeyForm,
    SetPasswordForm,
    SignupForm,
)
from django import forms
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse

from accounts.models import User, fold_email

LABELS: Final = {
    "login": "E-mail",
    "email": "E-mail",
    "oldpassword": "Present password",
    "password2": "New password again",
}
GOOD_CHOICE_HELP: Final = "Ten characters or more; nothing common, nothing like your address."


class InOurWords:
    """Labels as the rest of the console has them, no placeholders that repeat them, the password rules in a line."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = LABELS.get(name, field.label)
            if name == "password1":
                field.help_text = GOOD_CHOICE_HELP


class ConsoleLoginForm(InOurWords, LoginForm):  # type: ignore[misc]
    pass


class ConsoleAddEmailForm(InOurWords, AddEmailForm):  # type: ignore[misc]
    pass


class ConsoleChangePasswordForm(InOurWords, ChangePasswordForm):  # type: ignore[misc]
    pass


class ConsoleSetPasswordForm(InOurWords, SetPasswordForm):  # type: ignore[misc]
    pass


class ConsoleResetPasswordKeyForm(InOurWords, ResetPasswordKeyForm):  # type: ignore[misc]
    pass


class ConsoleReauthenticateForm(InOurWords, ReauthenticateForm):  # type: ignore[misc]
    pass


class ConsoleSignupForm(InOurWords, SignupForm):  # type: ignore[misc]
    account_already_exists: bool

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        """A sign-up that loses a race for its address ends like any sign-up with a taken one: nobody can tell."""
        if self.account_already_exists:
            make_password(self.cleaned_data["password1"])  # takes as long as the sign-up of a free address
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
        help_text=GOOD_CHOICE_HELP,
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


class DeviceCodeForm(forms.Form):
    user_code = forms.CharField(
        label="Code",
        max_length=40,
        help_text="Eight letters, as your terminal shows them.",
        error_messages={"required": "Type the code your terminal shows."},
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false", "autofocus": True}
        ),
    )


class DeviceAnswerForm(forms.Form):
    """What the person says about an agent they let in. `first_workspace_id` is an id, or nothing."""

    name = forms.CharField(
        label="Name",
        max_length=80,
        help_text="For your list of devices, such as “laptop”.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    first_workspace_id = forms.RegexField(r"^wrk_[0-9A-Z]{26}$", required=False)

    def clean_name(self) -> str:
        name = " ".join(self.cleaned_data["name"].split())
        if not name.isprintable():
            raise forms.ValidationError("Use letters, digits, spaces and signs that can be seen.", code="unprintable")
        return name

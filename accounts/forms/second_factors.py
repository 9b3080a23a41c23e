"""allauth's forms about second factors and passkeys, in our words."""

from typing import Any

from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from django.core.validators import MaxLengthValidator

from accounts.forms.words import InOurWords

NAME_CHARACTERS = 60


class ConsoleSecondFactorForm(InOurWords, AuthenticateForm):  # type: ignore[misc]
    pass


class ConsoleSecondFactorAgainForm(InOurWords, ReauthenticateForm):  # type: ignore[misc]
    pass


class ConsoleActivateTOTPForm(InOurWords, ActivateTOTPForm):  # type: ignore[misc]
    pass


class ConsoleAddPasskeyForm(InOurWords, AddWebAuthnForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].validators.append(MaxLengthValidator(NAME_CHARACTERS))
        self.fields["name"].help_text = "Which one it is: laptop, telephone, key on the chain."
        self.fields["passwordless"].initial = True
        self.fields["passwordless"].label = "Sign in with it alone"
        self.fields["passwordless"].help_text = "It asks for your finger, face or PIN then, and no password is needed."


class ConsoleEditPasskeyForm(InOurWords, EditWebAuthnForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].validators.append(MaxLengthValidator(NAME_CHARACTERS))

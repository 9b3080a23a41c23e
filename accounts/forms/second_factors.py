"""allauth's forms about second factors and passkeys, in our words."""

import hashlib
from typing import Any, Final

from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from django.core.cache import cache
from django.core.validators import MaxLengthValidator

from accounts.forms.words import InOurWords
from accounts.models import User

NAME_CHARACTERS: Final = 60
REMEMBERED_SECONDS: Final = 120


class UsedOnce:
    """Refuses a code that was used before: allauth remembers it for 30 s, but the tolerance accepts it for 90 s."""

    user: User

    def clean_code(self) -> str:
        code: str = super().clean_code()  # type: ignore[misc]
        used = hashlib.sha256(f"{self.user.pk} {code}".encode()).hexdigest()
        if not cache.add(f"second-factor-used|{used}", True, REMEMBERED_SECONDS):
            raise get_adapter().validation_error("incorrect_code")
        return code


class ConsoleSecondFactorForm(InOurWords, UsedOnce, AuthenticateForm):  # type: ignore[misc]
    pass


class ConsoleSecondFactorAgainForm(InOurWords, UsedOnce, ReauthenticateForm):  # type: ignore[misc]
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

"""The second factors a person has set up."""

from collections import Counter
from dataclasses import dataclass

from allauth.mfa.models import Authenticator

from accounts.models import User


@dataclass(frozen=True, slots=True)
class HeldFactors:
    """Whether there is an authenticator app and a set of recovery codes; how many passkeys there are."""

    has_app: bool
    passkeys: int
    has_recovery_codes: bool

    @property
    def any(self) -> bool:
        return self.has_app or self.passkeys > 0 or self.has_recovery_codes


def factors_of(user: User) -> HeldFactors:
    held = Counter(Authenticator.objects.filter(user=user).values_list("type", flat=True))
    kinds = Authenticator.Type
    return HeldFactors(
        has_app=held[kinds.TOTP] > 0,
        passkeys=held[kinds.WEBAUTHN],
        has_recovery_codes=held[kinds.RECOVERY_CODES] > 0,
    )

"""How long ago this browser showed a second factor: a passkey or an authenticator app, not a recovery code."""

import time
from typing import Final

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from django.http import HttpRequest

FRESH_SECONDS: Final = 12 * 3600
COUNTED: Final = (Authenticator.Type.TOTP.value, Authenticator.Type.WEBAUTHN.value)


def factor_age(request: HttpRequest) -> int | None:
    """Seconds since then; None when it was longer than FRESH_SECONDS ago, or never, or no such factor is set up.

    The records are in the browser session, so they are good in this browser alone, and end with it.
    """
    if not Authenticator.objects.filter(user=request.user.pk, type__in=COUNTED).exists():
        return None
    records = get_authentication_records(request, request.user)
    shown = [each["at"] for each in records if each.get("method") == "mfa" and each.get("type") in COUNTED]
    age = int(time.time() - max(shown)) if shown else FRESH_SECONDS + 1
    return max(age, 0) if age <= FRESH_SECONDS else None

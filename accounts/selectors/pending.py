"""Sign-ups and sign-ins that are not complete yet, in the browser a request comes from."""

from typing import Final

from allauth.account.stages import EmailVerificationStage, LoginStageController
from django.http import HttpRequest

SIGNED_UP: Final = "signed_up_person"
"""The session key that remembers whose account was made in this browser."""


def is_known_here(request: HttpRequest, user_id: str) -> bool:
    """Whether the account was made in this browser, or is signing in here and waits for its address to be confirmed."""
    if request.session.get(SIGNED_UP) == user_id:
        return True
    stage = LoginStageController.enter(request, EmailVerificationStage.key)
    return bool(stage and stage.login.user and stage.login.user.pk == user_id)

"""People whose address was proved before they had an account, by a secret mailed there or by an operator's word."""

from allauth.account import app_settings
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from django.db import IntegrityError, transaction

from accounts.errors import EmailTaken
from accounts.models import User
from accounts.services.ways_in import ways_in_close
from opencode.lib.links import public_url


def proven_person_create(*, email: str, password: str) -> User:
    """Make an account with this verified address, for the reader of a secret mailed there and nowhere else.

    Without a password, codes by mail sign the person in. Checks no policy and makes no workspace; callers do. Raises
    EmailTaken.
    """
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, password or None)
            EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    except IntegrityError as error:
        raise EmailTaken from error
    return user


def vouched_person_create(*, email: str, name: str = "", is_superuser: bool = False) -> User:
    """Make an account whose address an operator vouches for: it counts as verified, and nobody has a way in yet.

    One that was begun with this address, which nobody ever confirmed, is taken over: who began it may know its
    password, so that every way in is closed. Makes no workspace. Raises EmailTaken when somebody has confirmed it.
    """
    with transaction.atomic():
        user = User.objects.select_for_update().filter(email=email).first()
        if user is None:
            user = _created(email)
        elif EmailAddress.objects.filter(user=user, verified=True).exists():
            raise EmailTaken
        else:
            ways_in_close(user=user)
        user.name, user.is_staff, user.is_superuser = name or user.name, is_superuser, is_superuser
        user.save(update_fields=["name", "is_staff", "is_superuser"])
        EmailAddress.objects.filter(user=user).delete()
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def password_link(user: User) -> str:
    """An absolute link that sets the person's password: once, and for PASSWORD_RESET_TIMEOUT seconds at most."""
    token = app_settings.PASSWORD_RESET_TOKEN_GENERATOR().make_token(user)
    return public_url("account_reset_password_from_key", user_pk_to_url_str(user), token)


def _created(email: str) -> User:
    try:
        with transaction.atomic():
            return User.objects.create_user(email)
    except IntegrityError as error:
        raise EmailTaken from error

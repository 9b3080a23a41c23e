"""People whose address was proved before they had an account."""

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction

from accounts.errors import EmailTaken
from accounts.models import User


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

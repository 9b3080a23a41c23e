"""The first owner of a fresh instance: a link that works once makes them, without mail being set up."""

from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.urls import reverse

from accounts.errors import EmailTaken, OwnerLinkInvalid
from accounts.models import OwnerLink, User
from accounts.ports import person_welcome
from accounts.selectors.signup import owner_exists
from opencode.lib.clock import utc_now
from opencode.lib.ids import random_base62
from opencode.lib.keyring import current_version, mac, macs_of_all_versions

LINK_HOURS: Final = 24
LINK_BITS: Final = 160
_PURPOSE: Final = "owner-link"


def owner_link_create() -> str | None:
    """A new absolute link for the first owner; earlier links end. None when there is an owner."""
    if owner_exists():
        return None
    token = random_base62(LINK_BITS)
    OwnerLink.objects.update_or_create(
        id=OwnerLink.THE_ONE,
        defaults={
            "secret_hash": mac(_PURPOSE, token, current_version()),
            "expires_at": utc_now() + timedelta(hours=LINK_HOURS),
        },
    )
    path = reverse("accounts:first_owner", args=[token])
    return f"{settings.PUBLIC_URL}{path}"


def is_owner_link_live(token: str) -> bool:
    return _live_links(token).exists() and not owner_exists()


def first_owner_create(*, token: str, email: str, password: str) -> User:
    """Use up the link: make the superuser, their verified address and what a person starts with, all or nothing.

    Of callers at the same time one wins: deleting the row is the claim. Raises OwnerLinkInvalid, EmailTaken.
    """
    try:
        with transaction.atomic():
            claimed, _ = _live_links(token).delete()
            if claimed == 0 or owner_exists():
                raise OwnerLinkInvalid
            user = User.objects.create_superuser(email, password)
            person_welcome(user.pk)
    except IntegrityError as error:
        raise EmailTaken from error
    return user


def _live_links(token: str) -> QuerySet[OwnerLink]:
    hashes = macs_of_all_versions(_PURPOSE, token).values()
    return OwnerLink.objects.filter(secret_hash__in=list(hashes), expires_at__gt=utc_now())

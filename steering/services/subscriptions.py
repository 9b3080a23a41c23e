"""Browsers that a person wants to be told in, the console's push key, and whether mail is wanted too."""

from hashlib import sha256
from typing import Final

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import transaction

from accounts.models import User
from opencode.lib.errors import TooManyRequests
from opencode.lib.sealing import seal, unseal
from steering.errors import PushMalformed
from steering.models import NotificationChoice, PushKey, PushSubscription
from steering.push import SUBSCRIBER_SECRET_BYTES, PushRefused, is_point, key_create, push_address, unpadded

SEAL: Final = "push-key"
SUBSCRIPTIONS: Final = 20


@transaction.atomic
def subscription_add(*, user: User, browser: UserSession, url: str, public_key: str, secret: str) -> PushSubscription:
    """Tell this browser from now on; what it was subscribed to before is replaced.

    Raises PushMalformed for what no browser sends and for addresses of no known push service, TooManyRequests.
    """
    try:
        address = push_address(url, settings.PUSH_HOSTS)
        is_whole = is_point(unpadded(public_key)) and len(unpadded(secret)) == SUBSCRIBER_SECRET_BYTES
    except (PushRefused, ValueError) as refused:
        raise PushMalformed(str(refused)) from None
    if not is_whole:
        raise PushMalformed
    User.objects.select_for_update().get(pk=user.pk)
    PushSubscription.objects.filter(browser=browser).delete()
    if PushSubscription.objects.filter(user=user).count() >= SUBSCRIPTIONS:
        raise TooManyRequests("As many browsers of yours are told as can be.", limit=SUBSCRIPTIONS)
    # Whoever has the address now is whoever sits at the browser.
    return PushSubscription.objects.update_or_create(
        fingerprint=sha256(address.encode()).hexdigest(),
        defaults={"user": user, "browser": browser, "url": address, "public_key": public_key, "secret": secret},
    )[0]


def subscription_remove(*, user: User, subscription_id: int) -> bool:
    """Tell that browser no more; False when the person has no such subscription."""
    return PushSubscription.objects.filter(user=user, pk=subscription_id).delete()[0] > 0


def mail_choose(*, user: User, by_mail: bool) -> None:
    NotificationChoice.objects.update_or_create(user=user, defaults={"by_mail": by_mail})


def push_key() -> str:
    """The console's private key as PEM, made the first time; of two processes that make one, the first's is kept."""
    row, _ = PushKey.objects.get_or_create(pk=1, defaults={"sealed": seal(SEAL, key_create())})
    return unseal(SEAL, row.sealed)

"""Tells people what waits for them, by push and by mail, and takes it back when it was answered elsewhere."""

import http.client
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

import structlog
from django.conf import settings
from django.db import transaction
from django.urls import reverse

from accounts.services.mail import mail_send
from opencode.lib.due import DueMark, Lease
from opencode.lib.outbound import OutboundRefused, post
from steering.models import Ask, NotificationChoice, PushSubscription
from steering.push import PushMessage, PushRefused, PushRequest, push_address, push_request
from steering.selectors.inbox import asks_of_person
from steering.services.subscriptions import push_key
from steering.services.wording import waiting_words

log = structlog.get_logger(__name__)
MARK: Final = DueMark(Ask, "notice_due_at", lease=timedelta(minutes=1))
MAIL_AFTER: Final = timedelta(minutes=2)
"""How long an ask may wait before it is worth a mail."""
STALE: Final = timedelta(minutes=10)
SWEEP_ASKS: Final = 100
AT_ONCE: Final = 8
SEND_SECONDS: Final = 10
_GONE: Final = (404, 410)


def notices_send(*, now: datetime) -> int:
    """Tell what is due; returns of how many asks. What fails is not sent again: the inbox has it."""
    leases = [MARK.take(ask_id, now=now) for ask_id in MARK.ids(now=now, limit=SWEEP_ASKS)]
    return sum(_tell(lease, now) for lease in leases if lease is not None)


def _tell(lease: Lease[Ask], now: datetime) -> bool:
    ask = Ask.objects.select_related("user", "workspace", "session", "process__machine").get(pk=lease.pk)
    waiting = [each for each in asks_of_person(ask.user)[:SWEEP_ASKS] if each.root_client_id == ask.root_client_id]
    if ask not in waiting:
        if ask.notified:
            _push(ask, _message(ask, waiting), now)
        return lease.release(due_at=None, notified=Ask.Notified.NOT)
    if ask.notified == Ask.Notified.PUSHED:
        return _mail(ask, lease)
    # Before it is sent: what is answered while it is on its way has to be taken back.
    if not lease.extend(now=now, notified=Ask.Notified.PUSHED):
        return False
    if ask.asked_at > now - STALE:
        _push(ask, _message(ask, waiting), now)
    by_mail = NotificationChoice.objects.filter(user=ask.user, by_mail=True).exists()
    return lease.release(due_at=ask.asked_at + MAIL_AFTER if by_mail else None)


def _message(ask: Ask, waiting: list[Ask]) -> PushMessage:
    """What is shown of the ask's session now: its oldest open ask, or nothing any more."""
    tag = sha256(f"{ask.workspace_id} {ask.root_client_id}".encode()).hexdigest()[:32]
    if not waiting:
        return PushMessage(tag)
    session = reverse("sync:session", args=[ask.workspace.slug, ask.root_client_id]) if ask.session_id else ""
    return PushMessage(tag, waiting_words(waiting), reverse("steering:ask", args=[waiting[0].pk]), session)


def _push(ask: Ask, message: PushMessage, now: datetime) -> None:
    subscriptions = list(PushSubscription.objects.filter(user=ask.user, user__is_active=True))
    if not subscriptions:
        return
    key = push_key()
    requests = [_request(message, each, key, now) for each in subscriptions]
    # Threads only talk to the network: they open no connections to the database.
    with ThreadPoolExecutor(AT_ONCE, "pushes") as pool:
        statuses = list(pool.map(_post, requests))
    _forget(each for each, status in zip(subscriptions, statuses, strict=True) if status in _GONE)


def _request(message: PushMessage, to: PushSubscription, key: str, now: datetime) -> PushRequest | None:
    """None when the host's operator has taken the push service off the list since."""
    try:
        url = push_address(to.url, settings.PUSH_HOSTS)
    except PushRefused:
        return None
    contact = settings.PUBLIC_URL if settings.PUBLIC_URL.startswith("https:") else "mailto:console@localhost"
    return push_request(message, url=url, public_key=to.public_key, secret=to.secret, key=key, contact=contact, now=now)


def _post(request: PushRequest | None) -> int:
    if request is None:
        return 0
    try:
        status = post(request.url, request.body, request.headers, seconds=SEND_SECONDS)
    except (OutboundRefused, OSError, http.client.HTTPException) as failure:
        log.warning("push_failed", reason=type(failure).__name__)
        return 0
    if status >= 400 and status not in _GONE:
        log.warning("push_refused", status=status)
    return status


def _forget(gone: Iterable[PushSubscription]) -> None:
    """The browser has taken its permission back, or is no more."""
    PushSubscription.objects.filter(pk__in=[each.pk for each in gone]).delete()


@transaction.atomic
def _mail(ask: Ask, lease: Lease[Ask]) -> bool:
    if not lease.release(due_at=None, notified=Ask.Notified.MAILED):
        return False
    url = settings.PUBLIC_URL + reverse("steering:ask", args=[ask.pk])
    context = {"words": waiting_words([ask]), "workspace": ask.workspace.name, "url": url}
    mail_send(to=ask.user.email, template="steering/mail/waiting.html", context=context)
    return True

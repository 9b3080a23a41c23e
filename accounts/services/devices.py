"""Ending devices: by their person, by staff, by the console when a token was copied, by expiry."""

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.urls import reverse

from accounts.models import Device, DeviceLogin, DeviceToken, User
from accounts.ports import DeviceAct, device_act_record
from accounts.services.mail import mail_send
from accounts.signals import device_revoked
from opencode.lib.actor import THE_CONSOLE, Actor
from opencode.lib.announce import announce
from opencode.lib.clock import utc_now

REPLACED_DAYS: Final = 30
"""How many days an exchanged refresh token is remembered, so that the use of a copy is noticed."""
ENDED_DAYS: Final = 90
"""How many days an ended device stays in its person's list."""
CHUNK_ROWS: Final = 1000


def device_revoke(*, device: Device, actor: Actor) -> bool:
    """Revoke the device: its tokens are deleted, its open connections close. False when it had ended before."""
    with transaction.atomic():
        revoked = Device.objects.filter(pk=device.pk, revoked_at=None).update(revoked_at=utc_now())
        if revoked:
            DeviceToken.objects.filter(device=device).delete()
            device_act_record(DeviceAct("device.revoke", device.pk, device.user_id, actor))
            announce(device_revoked, device_id=device.pk, user_id=device.user_id)
    return bool(revoked)


def devices_revoke(*, user: User, actor: Actor) -> int:
    """Revoke every device of the person, all or none; returns how many."""
    with transaction.atomic():
        devices = list(Device.objects.filter(user=user, revoked_at=None).order_by("pk"))
        return sum(device_revoke(device=device, actor=actor) for device in devices)


def device_reuse_mail(*, device: Device, ip: str | None) -> None:
    """Mail the person that a copy of the device's refresh token was used, from `ip`."""
    context = {
        "name": device.name,
        "ip": ip or "an unknown address",
        "when": f"{utc_now():%Y-%m-%d %H:%M:%S} UTC",
        "devices_url": f"{settings.PUBLIC_URL}{reverse('accounts:devices')}",
    }
    mail_send(to=device.user.email, template="accounts/mail/device_reused.html", context=context)


def devices_purge(*, now: datetime) -> None:
    """Delete expired codes, unusable tokens and long-ended devices; a device without tokens left is revoked."""
    _delete(DeviceLogin, expires_at__lt=now)
    _delete(DeviceToken, refresh_ends_at__lt=now)
    _delete(DeviceToken, replaced_at__lt=now - timedelta(days=REPLACED_DAYS), access_ends_at__lt=now)
    tokens = DeviceToken.objects.filter(device=OuterRef("pk"))
    for device in Device.objects.filter(~Exists(tokens), revoked_at=None)[:CHUNK_ROWS]:
        device_revoke(device=device, actor=THE_CONSOLE)
    _delete(Device, revoked_at__lt=now - timedelta(days=ENDED_DAYS))


def _delete(model: type[DeviceLogin] | type[DeviceToken] | type[Device], **which: datetime) -> None:
    """In short transactions, so that logins never wait for it."""
    rows = model._default_manager.filter(**which).order_by("pk")
    while chunk := [row.pk for row in rows.only("pk")[:CHUNK_ROWS]]:
        model._default_manager.filter(pk__in=chunk).delete()

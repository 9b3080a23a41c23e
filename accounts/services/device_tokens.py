"""DeviceTokens of devices: issued at the login, exchanged by refresh, deleted when the device is revoked."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import transaction

from accounts.credentials import ACCESS_PREFIX, ACCESS_PURPOSE, REFRESH_PREFIX, REFRESH_PURPOSE, new_token
from accounts.errors import GrantInvalid
from accounts.models import Device, DeviceToken
from accounts.services.devices import device_reuse_mail, device_revoke
from opencode.lib.actor import THE_CONSOLE
from opencode.lib.clock import utc_now
from opencode.lib.keyring import current_version, mac, macs_of_all_versions


class DeviceTokens(NamedTuple):
    """A fresh pair; `expires_in` is in seconds, for the access token."""

    access: str
    refresh: str
    expires_in: int


def device_tokens_issue(*, device: Device, parent: DeviceToken | None = None) -> DeviceTokens:
    """Issue a new pair for the device; only hashes of it are stored."""
    access, refresh = new_token(ACCESS_PREFIX), new_token(REFRESH_PREFIX)
    version, now = current_version(), utc_now()
    DeviceToken.objects.create(
        device=device,
        parent=parent,
        access_hash=mac(ACCESS_PURPOSE, access, version),
        refresh_hash=mac(REFRESH_PURPOSE, refresh, version),
        hash_version=version,
        access_ends_at=now + timedelta(hours=settings.DEVICE_ACCESS_HONOURED_HOURS),
        refresh_ends_at=now + timedelta(days=settings.DEVICE_REFRESH_DAYS),
    )
    return DeviceTokens(access, refresh, settings.DEVICE_ACCESS_SECONDS)


def device_tokens_refresh(*, refresh_token: str, ip: str | None) -> DeviceTokens:
    """Exchange the refresh token for a new pair. Raises GrantInvalid.

    A token that was exchanged before is accepted again during a short grace time, because two processes of one machine
    may share it, and after that while the pair it was exchanged for is unused, because that answer may have been lost.
    Otherwise a copy is in use: the device is revoked and its person gets a mail. The same happens when a copy was
    exchanged during the grace time and both lines of tokens go on after it.
    """
    outcome = _exchanged(refresh_token)
    if isinstance(outcome, Device):
        if device_revoke(device=outcome, actor=THE_CONSOLE):
            device_reuse_mail(device=outcome, ip=ip)
        raise GrantInvalid
    return outcome


def _exchanged(refresh_token: str) -> DeviceTokens | Device:
    """The new pair, or the device when a second party uses its tokens too. Raises GrantInvalid."""
    hashes = list(macs_of_all_versions(REFRESH_PURPOSE, refresh_token).values())
    now = utc_now()
    with transaction.atomic():
        held = DeviceToken.objects.select_for_update().filter(refresh_hash__in=hashes, refresh_ends_at__gt=now).first()
        if held is None:
            raise GrantInvalid
        device = Device.objects.select_related("user").get(pk=held.device_id)
        if device.revoked_at is not None or not device.user.is_active:
            raise GrantInvalid
        if _is_of_two(held, now):
            return device
        if held.replaced_at is None:
            DeviceToken.objects.filter(pk=held.pk).update(replaced_at=now)
        elif now - held.replaced_at > timedelta(seconds=settings.DEVICE_REFRESH_GRACE_SECONDS):
            if held.children.exclude(used_at=None, replaced_at=None).exists():
                return device
            held.children.all().delete()
        return device_tokens_issue(device=device, parent=held)


class _Link(NamedTuple):
    id: int
    parent_id: int | None
    replaced_at: datetime | None


def _is_of_two(held: DeviceToken, now: datetime) -> bool:
    """Whether two lines of exchanges, this token's among them, go on from one token for longer than the grace time.

    Processes of one machine converge: at their next exchange all of them read the pair that was stored last.
    """
    grace = timedelta(seconds=settings.DEVICE_REFRESH_GRACE_SECONDS)
    columns = ("id", "parent_id", "replaced_at")
    links = {row[0]: _Link(*row) for row in DeviceToken.objects.filter(device=held.device_id).values_list(*columns)}
    own = {link.id for link in _line(links, held.pk)}
    for link in links.values():
        if link.id in own or link.replaced_at is None:
            continue
        fork = next((before for before in _line(links, link.id) if before.id in own), None)
        if fork is None or fork.id == held.pk or fork.replaced_at is None:
            continue
        if min(now, link.replaced_at) - fork.replaced_at > grace:
            return True
    return False


def _line(links: Mapping[int, _Link], token_id: int | None) -> Iterator[_Link]:
    """The token and its ancestors, the nearest first, as far back as they are kept."""
    while token_id is not None and token_id in links:
        yield links[token_id]
        token_id = links[token_id].parent_id

"""Device login (RFC 8628): an agent asks, its person answers in the browser, the agent fetches its tokens."""

from datetime import timedelta
from typing import Final, NamedTuple

from django.conf import settings
from django.core.cache import cache
from django.db import IntegrityError, transaction

from accounts.credentials import DEVICE_CODE_BITS, DEVICE_CODE_PURPOSE, agent_of
from accounts.errors import (
    AccessDenied,
    AuthorizationPending,
    DeviceCodeUnknown,
    DeviceLimitReached,
    LoginExpired,
    SlowDown,
)
from accounts.models import Device, DeviceLogin, User
from accounts.ports import DeviceAct, device_act_record
from accounts.selectors.devices import live_devices, waiting_login
from accounts.services.device_tokens import DeviceTokens, device_tokens_issue
from accounts.usercodes import USER_CODE_PURPOSE, new_user_code
from opencode.lib.actor import PERSON, Actor
from opencode.lib.clock import utc_now
from opencode.lib.ids import random_base62
from opencode.lib.keyring import current_version, mac, macs_of_all_versions

# There are 20^8 user codes; when two logins at the same time draw the same one, another is drawn.
CODE_ATTEMPTS: Final = 5


class StartedLogin(NamedTuple):
    device_code: str
    user_code: str
    expires_in: int
    interval: int


def device_login_start(*, ip: str | None, user_agent: str) -> StartedLogin:
    """Start a login and return its codes; only their hashes are stored."""
    version, now = current_version(), utc_now()
    device_code = random_base62(DEVICE_CODE_BITS)
    for attempt in range(CODE_ATTEMPTS):
        user_code = new_user_code()
        try:
            with transaction.atomic():
                DeviceLogin.objects.create(
                    device_code_hash=mac(DEVICE_CODE_PURPOSE, device_code, version),
                    user_code_hash=mac(USER_CODE_PURPOSE, user_code, version),
                    hash_version=version,
                    agent=agent_of(user_agent),
                    ip=ip,
                    expires_at=now + timedelta(seconds=settings.DEVICE_CODE_SECONDS),
                )
            break
        except IntegrityError:
            if attempt == CODE_ATTEMPTS - 1:
                raise
    return StartedLogin(device_code, user_code, settings.DEVICE_CODE_SECONDS, settings.DEVICE_POLL_SECONDS)


def device_login_approve(*, user_code: str, user: User, name: str, first_workspace_id: str) -> None:
    """Approve the agent's login. Of two answers to one code the first counts.

    Raises DeviceCodeUnknown, DeviceLimitReached.
    """
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        if live_devices(user).count() >= settings.DEVICES_OF_ONE_PERSON:
            raise DeviceLimitReached
        _answer(
            user_code,
            state=DeviceLogin.State.APPROVED,
            user=user,
            name=name,
            first_workspace_id=first_workspace_id,
        )


def device_login_deny(*, user_code: str, user: User) -> None:
    """Refuse the agent's login. Raises DeviceCodeUnknown."""
    _answer(user_code, state=DeviceLogin.State.DENIED, user=user)


def device_login_poll(*, device_code: str, ip: str | None, user_agent: str, request_id: str) -> DeviceTokens:
    """The tokens, once, after the person has approved. Raises OAuthRefusal until then and in every other case."""
    hashes = list(macs_of_all_versions(DEVICE_CODE_PURPOSE, device_code).values())
    now = utc_now()
    login = DeviceLogin.objects.filter(device_code_hash__in=hashes).first()
    if login is None or login.expires_at <= now:
        raise LoginExpired
    if login.state == DeviceLogin.State.WAITING:
        # Half the interval: a poll comes a little early when it was delayed less on the way than the one before.
        # Kept in the cache: a database write for each agent every two seconds would delay publishes.
        is_early = not cache.add(f"device-poll|{login.pk}", True, timeout=settings.DEVICE_POLL_SECONDS / 2)
        raise SlowDown if is_early else AuthorizationPending
    if login.state == DeviceLogin.State.DENIED:
        DeviceLogin.objects.filter(pk=login.pk).delete()
        raise AccessDenied
    return _admit(login, ip, user_agent, request_id)


def _answer(user_code: str, **fields: object) -> None:
    login = waiting_login(user_code)
    waits = DeviceLogin.State.WAITING
    if login is None or not DeviceLogin.objects.filter(pk=login.pk, state=waits).update(**fields):
        raise DeviceCodeUnknown


def _admit(login: DeviceLogin, ip: str | None, user_agent: str, request_id: str) -> DeviceTokens:
    """Deleting the row is the claim: of two polls at the same time one gets the tokens."""
    with transaction.atomic():
        removed, _ = DeviceLogin.objects.filter(pk=login.pk).delete()
        user = User.objects.filter(pk=login.user_id, is_active=True).first()
        if not removed or user is None:
            raise LoginExpired if user else AccessDenied
        device = Device.objects.create(
            user=user,
            name=login.name,
            agent=agent_of(user_agent),
            first_workspace_id=login.first_workspace_id,
            created_ip=ip,
        )
        tokens = device_tokens_issue(device=device)
        device_act_record(DeviceAct("device.login", device.pk, user.pk, Actor(PERSON, user.pk, ip, request_id)))
    return tokens

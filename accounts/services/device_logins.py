"""An agent asks to be let in, its person answers in the browser, the agent fetches its tokens (RFC 8628)."""

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
from accounts.services.device_tokens import Tokens, device_tokens_issue
from accounts.usercodes import USER_CODE_PURPOSE, new_user_code
from opencode.lib.actor import PERSON, Actor
from opencode.lib.clock import utc_now
from opencode.lib.ids import random_base62
from opencode.lib.keyring import current_version, mac, macs_of_all_versions

# A person shows up in one of 20^8 codes; two equal ones at the same time are made anew.
CODE_ATTEMPTS: Final = 5


class StartedLogin(NamedTuple):
    device_code: str
    user_code: str
    expires_in: int
    interval: int


def device_login_start(*, ip: str | None, user_agent: str) -> StartedLogin:
    """The codes of a new login; they are nowhere else from here on."""
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
    """The person lets the agent in. Of two answers to one code the first counts.

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
    """The person keeps the agent out. Raises DeviceCodeUnknown."""
    _answer(user_code, state=DeviceLogin.State.DENIED, user=user)


def device_login_poll(*, device_code: str, ip: str | None, user_agent: str, request_id: str) -> Tokens:
    """The tokens once the person has said yes, once; until then, and for everything else, raises OAuthRefusal."""
    hashes = list(macs_of_all_versions(DEVICE_CODE_PURPOSE, device_code).values())
    now = utc_now()
    login = DeviceLogin.objects.filter(device_code_hash__in=hashes).first()
    if login is None or login.expires_at <= now:
        raise LoginExpired
    if login.state == DeviceLogin.State.WAITING:
        # Half the interval: what arrives a little early was delayed less on the way than the question before it.
        # Noted in the cache, for a write of the database every two seconds and agent would delay those who publish.
        is_early = not cache.add(f"device-poll|{login.pk}", True, timeout=settings.DEVICE_POLL_SECONDS / 2)
        raise SlowDown if is_early else AuthorizationPending
    if login.state == DeviceLogin.State.DENIED:
        DeviceLogin.objects.filter(pk=login.pk).delete()
        raise AccessDenied
    return _let_in(login, ip, user_agent, request_id)


def _answer(user_code: str, **fields: object) -> None:
    login = waiting_login(user_code)
    waits = DeviceLogin.State.WAITING
    if login is None or not DeviceLogin.objects.filter(pk=login.pk, state=waits).update(**fields):
        raise DeviceCodeUnknown


def _let_in(login: DeviceLogin, ip: str | None, user_agent: str, request_id: str) -> Tokens:
    """Removing the row is the claim: of two questions at the same time one gets the tokens."""
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

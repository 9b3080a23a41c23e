"""A person's devices, and the agents that wait to become one."""

from django.db.models import QuerySet

from accounts.models import Device, DeviceLogin, User
from accounts.usercodes import USER_CODE_PURPOSE, read_user_code
from opencode.lib.clock import utc_now
from opencode.lib.keyring import macs_of_all_versions


def devices_of(user: User) -> QuerySet[Device]:
    """The person's live devices and those that ended lately, the newest first."""
    return Device.objects.filter(user=user).order_by("-pk")


def live_devices(user: User) -> QuerySet[Device]:
    return devices_of(user).filter(revoked_at=None)


def waiting_login(typed_code: str) -> DeviceLogin | None:
    """The login that waits with this code, in any case, with or without dash; None when there is none (any more)."""
    code = read_user_code(typed_code)
    if code is None:
        return None
    hashes = list(macs_of_all_versions(USER_CODE_PURPOSE, code).values())
    return DeviceLogin.objects.filter(
        user_code_hash__in=hashes, state=DeviceLogin.State.WAITING, expires_at__gt=utc_now()
    ).first()

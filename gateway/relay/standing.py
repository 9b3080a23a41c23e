"""Which running calls have lost what they depend on: their key, their person's membership, their device."""

from collections.abc import Iterable, Sequence
from typing import Final

from django.db.models import Q

from accounts.models import Device
from gateway.relay.calls import Call
from opencode.lib.clock import utc_now
from workspaces.models import APIKey, Membership

NEEDED: Final = ("used_key_id", "membership_id", "device_id")


def ended_calls(calls: Sequence[Call]) -> list[Call]:
    """The calls to end, by three reads for all calls of a process."""
    open_workspace = Q(workspace__deleted_at=None, workspace__blocked_at=None)
    unexpired = Q(expires_at=None) | Q(expires_at__gt=utc_now())
    keys = APIKey.objects.filter(unexpired, open_workspace, revoked_at=None)
    members = Membership.objects.filter(open_workspace, user__is_active=True)
    devices = Device.objects.filter(revoked_at=None, user__is_active=True)
    alive = {""}
    for name, rows in zip(NEEDED, (keys, members, devices), strict=True):
        wanted = {getattr(call.caller, name) for call in calls} - {""}
        if wanted:
            alive |= set(rows.filter(pk__in=wanted).values_list("pk", flat=True))
    return [call for call in calls if not alive.issuperset(_needed(call))]


def _needed(call: Call) -> Iterable[str]:
    return (getattr(call.caller, name) for name in NEEDED)

"""The first frame of every reader, and the limits it names."""

from django.conf import settings

from sync.live.access import SessionAccess
from sync.live.connectionstate import IN_FLIGHT, FrameLimits
from sync.live.hub import SessionHub
from sync.protocol.frames import welcome_text


def frame_limits() -> FrameLimits:
    return FrameLimits(settings.SYNC_FRAME_BYTES, settings.SYNC_ENTRY_BYTES, settings.SYNC_REFUSED_PUBLISHES)


def welcome_of(access: SessionAccess, hub: SessionHub) -> str:
    limits = {
        "entry_bytes": settings.SYNC_ENTRY_BYTES,
        "frame_bytes": settings.SYNC_FRAME_BYTES,
        "key_bytes": settings.SYNC_KEY_BYTES,
        "in_flight": IN_FLIGHT,
    }
    return welcome_text(access.client_id, hub.head, access.role, limits, settings.SYNC_HEARTBEAT_SECONDS)

"""The first frame of every reader, and when to come back after the last."""

from django.conf import settings

from sync.live.access import SocketAccess
from sync.live.hub import SessionHub
from sync.protocol.frames import welcome_text

IN_FLIGHT = 256
RESTART_SECONDS = 1.0


def welcome_of(access: SocketAccess, hub: SessionHub) -> str:
    limits = {
        "entry_bytes": settings.SYNC_ENTRY_BYTES,
        "frame_bytes": settings.SYNC_FRAME_BYTES,
        "key_bytes": settings.SYNC_KEY_BYTES,
        "in_flight": IN_FLIGHT,
    }
    return welcome_text(access.client_id, hub.epoch, hub.last, access.role, limits, settings.SYNC_HEARTBEAT_SECONDS)

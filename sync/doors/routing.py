"""WebSocket addresses of session sync."""

from typing import Any, cast

from django.urls import re_path

from sync.doors.sockets import SessionConsumer
from sync.protocol.closing import CloseCode


async def no_such_socket(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Refuse the handshake, which reaches the client as HTTP 403."""
    await receive()
    await send({"type": "websocket.close", "code": int(CloseCode.NO_SUCH_SESSION)})


websocket_urlpatterns = [
    re_path(r"^sync/v1/sessions/(?P<target>[^/]+)$", SessionConsumer.as_asgi()),
    re_path("", cast(Any, no_such_socket)),
]

"""The ASGI application: Django's pages and, beside them, the hot routes: sync's, its sockets, and model calls."""

import os
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opencode.settings.embedded")
django.setup(set_prefix=False)  # loads the apps; what follows needs them

from channels.routing import URLRouter  # noqa: E402

from billing.services.running import ledger_stop  # noqa: E402
from gateway import relay  # noqa: E402
from opencode.lib.asgi.cookies import plain_cookies  # noqa: E402
from opencode.server.metrics import counted, route_class  # noqa: E402
from opencode.web.bodies import bounded  # noqa: E402
from opencode.web.hosts import is_own_host, refuse_host  # noqa: E402
from opencode.web.pageshandler import PagesHandler  # noqa: E402
from steering.doors.routing import bridge_urlpatterns  # noqa: E402
from steering.live import steering_start  # noqa: E402
from sync import agents as agent_routes  # noqa: E402
from sync.doors import http as sync_http  # noqa: E402
from sync.doors.fragments import FragmentFront  # noqa: E402
from sync.doors.routing import websocket_urlpatterns  # noqa: E402
from sync.live import get_runtime, stop_runtime  # noqa: E402
from sync.transcript import rendering_start, rendering_stop  # noqa: E402

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

pages_handler = PagesHandler()
pages = FragmentFront(bounded(pages_handler))
sockets = URLRouter([*bridge_urlpatterns, *websocket_urlpatterns])


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Send agents' routes and sockets to sync, model calls to the gateway, everything else to Django."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
        return
    scope["headers"] = plain_cookies(scope["headers"])
    if scope["type"] == "websocket":
        await _socket(scope, receive, send)
    elif agent_routes.is_agent_path(scope["path"]):
        await agent_routes.application(scope, receive, counted(send, scope["method"], "agent"))
    elif relay.is_gateway_path(scope["path"]):
        answer = relay.application if is_own_host(scope["headers"]) else refuse_host
        await answer(scope, receive, counted(send, scope["method"], "gateway"))
    elif sync_http.is_sync_path(scope["path"]):
        answer = sync_http.application if is_own_host(scope["headers"]) else refuse_host
        await answer(scope, receive, counted(send, scope["method"], "sync"))
    else:
        await pages(scope, receive, counted(send, scope["method"], route_class(scope["path"])))


async def _socket(scope: Scope, receive: Receive, send: Send) -> None:
    if not is_own_host(scope["headers"]):
        await refuse_host(scope, receive, send)
    elif agent_routes.is_agent_path(scope["path"]):
        await agent_routes.application(scope, receive, send)
    else:
        await sockets(scope, receive, send)


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            get_runtime()
            steering_start()
            relay.gateway_start()
            rendering_start()
            await send({"type": "lifespan.startup.complete"})
        else:
            await stop_runtime()
            await relay.gateway_stop()
            await ledger_stop()
            rendering_stop()
            await send({"type": "lifespan.shutdown.complete"})
            return

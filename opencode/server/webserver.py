"""The web server's process: uvicorn with every setting that it would otherwise guess."""

import gc
import socket
import warnings
from typing import Final

import uvicorn
from django.conf import settings

from opencode.lib.memory import memory_bound
from opencode.server.listening import LISTEN_BACKLOG
from sync.live import drain_runtime

GRACEFUL_SHUTDOWN_SECONDS: Final = 3
DRAIN_SECONDS: Final = 1.0
# The older agents stop syncing for good when their kept-alive connection closes between two updates, and a model can
# think for a long time: an idle connection is therefore kept for an hour.
KEEP_ALIVE_SECONDS: Final = 3600
# A reader that has stopped reading cannot answer pings either; it has this long to recover before the socket closes.
PING_INTERVAL_SECONDS: Final = 20
PING_TIMEOUT_SECONDS: Final = 60


class DrainingServer(uvicorn.Server):
    """Sends every socket the reason and a time to come back, before uvicorn closes the remaining ones."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await drain_runtime(DRAIN_SECONDS)
        await super().shutdown(sockets)


def web_server() -> uvicorn.Server:
    """The server, not started. Objects that live as long as the process are excluded from garbage collection."""
    # Django warns of this for every static file; they are small and come from memory.
    warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")
    memory_bound()
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    config = uvicorn.Config(
        "opencode.asgi:application",
        loop="uvloop",
        http="opencode.server.boundedhttp:BoundedHTTPProtocol",
        ws="opencode.server.sharedframes:SharedFrameProtocol",
        ws_max_size=settings.SYNC_FRAME_BYTES,
        ws_per_message_deflate=False,
        ws_ping_interval=PING_INTERVAL_SECONDS,
        ws_ping_timeout=PING_TIMEOUT_SECONDS,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=settings.TRUSTED_PROXIES,
        backlog=LISTEN_BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACEFUL_SHUTDOWN_SECONDS,
    )
    return DrainingServer(config)

"""Sessions while they are followed and written to: one runtime a process with its hubs, fan-out, presence and sockets.

The door: who may read and write (`socket_access`), the runtime, `session_publish`, cursors over a hub.
"""

from sync.live.access import EDITOR, VIEWER, SocketAccess, SocketRequest, socket_access
from sync.live.connections import Connection
from sync.live.greeting import IN_FLIGHT, RESTART_SECONDS, welcome_of
from sync.live.handshake import position_in, resume_position, socket_request
from sync.live.hub import Cursor, Person, ReaderEnded, SessionHub, pulled_frame, session_parts
from sync.live.measures import count_refused
from sync.live.publishing import session_publish
from sync.live.runtime import Runtime, drain_runtime, get_runtime, in_runtime, runtime_load, stop_runtime
from sync.live.ticketing import socket_ticket_create, socket_tickets_purge
from sync.live.tickets import TICKET_SECONDS

__all__ = [
    "EDITOR",
    "IN_FLIGHT",
    "RESTART_SECONDS",
    "TICKET_SECONDS",
    "VIEWER",
    "Connection",
    "Cursor",
    "Person",
    "ReaderEnded",
    "Runtime",
    "SessionHub",
    "SocketAccess",
    "SocketRequest",
    "count_refused",
    "drain_runtime",
    "get_runtime",
    "in_runtime",
    "position_in",
    "pulled_frame",
    "resume_position",
    "runtime_load",
    "session_parts",
    "session_publish",
    "socket_access",
    "socket_request",
    "socket_ticket_create",
    "socket_tickets_purge",
    "stop_runtime",
    "welcome_of",
]

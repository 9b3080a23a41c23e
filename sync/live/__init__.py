"""Sessions while they are followed and written to: one runtime a process with its hubs, fan-out, presence and sockets,
and a thread that masks what readers by links are sent.

The door: who may read and write (`session_access`), how readers follow (`Follower`, `pulled_part`), the one way to
publish (`publish_begin`, `session_publish`), the connections that end with their rights, and the runtime.
"""

from sync.live.access import EDITOR, VIEWER, SessionAccess, SessionRequest
from sync.live.connections import Connection
from sync.live.connectionstate import IN_FLIGHT, facts_of
from sync.live.endings import RESTART_SECONDS, refusal_of
from sync.live.following import Ending, Follower, abort_of, follow_until_gone
from sync.live.handshake import resume_position, session_request
from sync.live.hub import Person, pulled_part, rows_of
from sync.live.measures import count_refused
from sync.live.opening import session_access
from sync.live.publishing import publish_allow, publish_begin, publish_turn, session_publish
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
    "Ending",
    "Follower",
    "Person",
    "Runtime",
    "SessionAccess",
    "SessionRequest",
    "abort_of",
    "count_refused",
    "drain_runtime",
    "facts_of",
    "follow_until_gone",
    "get_runtime",
    "in_runtime",
    "publish_allow",
    "publish_begin",
    "publish_turn",
    "pulled_part",
    "refusal_of",
    "resume_position",
    "rows_of",
    "runtime_load",
    "session_access",
    "session_publish",
    "session_request",
    "socket_ticket_create",
    "socket_tickets_purge",
    "stop_runtime",
]

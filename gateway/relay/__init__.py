"""Model calls on their way: who calls, what is reserved, which provider answers, what is passed on, how it is settled.

The door: `application`, for the addresses of `is_gateway_path`, beside Django's handler because a call is a stream of
thousands of events; `gateway_start` and `gateway_stop` begin and end what a process runs for it, `calls_end` some of
its running calls; `call_try` makes a small one for a page.
"""

from gateway.relay.application import application
from gateway.relay.caller import Caller
from gateway.relay.runtime import calls_end, gateway_start, gateway_stop
from gateway.relay.trying import CallTrial, call_try
from gateway.wire.paths import is_gateway_path

__all__ = [
    "CallTrial",
    "Caller",
    "application",
    "call_try",
    "calls_end",
    "gateway_start",
    "gateway_stop",
    "is_gateway_path",
]

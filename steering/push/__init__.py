"""Web Push without a database: which services are called, a message for one browser, the key the console signs with.

The door: `push_address`, `PushMessage`, `push_request`, and what is done with keys.
"""

from steering.push.hosts import PushRefused, push_address
from steering.push.keys import SUBSCRIBER_SECRET_BYTES, is_point, key_create, padless, public_key_of, unpadded
from steering.push.messages import PushMessage, PushRequest, push_request

__all__ = [
    "SUBSCRIBER_SECRET_BYTES",
    "PushMessage",
    "PushRefused",
    "PushRequest",
    "is_point",
    "key_create",
    "padless",
    "public_key_of",
    "push_address",
    "push_request",
    "unpadded",
]

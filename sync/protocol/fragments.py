"""The fragments a page that follows a session asks for: entries by epoch, key and seq, named in the address."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, urlencode

from sync.protocol.keys import parse_key

# The most keys of one request, for the view and the front alike.
KEYS_LIMIT: Final = 100
# A session's own epoch has 16 characters, that of its masked history a few more.
EPOCH_LENGTH: Final = 24
# What (epoch, key, seq) names never changes.
UNCHANGING: Final = "private, max-age=3600, immutable"


class FragmentsRequest(NamedTuple):
    epoch: str
    keys: dict[str, int]


def fragments_request_of(scope: Mapping[str, Any]) -> FragmentsRequest | None:
    """What the address asks for; None for anything unusual, which is left to the view."""
    try:
        items = parse_qsl(scope["query_string"].decode("ascii"), keep_blank_values=True, strict_parsing=True)
    except ValueError:
        return None
    epochs = [value for name, value in items if name == "epoch"]
    keys: dict[str, int] = {}
    for value in [value for name, value in items if name == "k"]:
        key, _, seq = value.rpartition(":")
        if parse_key(key) is None or not (seq.isascii() and seq.isdecimal() and len(seq) <= 18):
            return None
        keys[key] = int(seq)
    is_whole = len(epochs) == 1 and len(items) == 1 + len(keys)
    if not is_whole or len(epochs[0]) > EPOCH_LENGTH or not 0 < len(keys) <= KEYS_LIMIT:
        return None
    return FragmentsRequest(epochs[0], keys)


def query_of(requested: FragmentsRequest) -> bytes:
    return urlencode(
        [("epoch", requested.epoch), *(("k", f"{key}:{seq}") for key, seq in requested.keys.items())]
    ).encode()

"""A session's entries as one JSON document.

    {"format": "opencode.session.v1", "session": <client session id>, "epoch": …, "seq": <head>,
     "entries": [{"key": …, "seq": …, "content": <the entry's JSON>}, …]}

Entries come in the order of their numbers, which is also the order to replay them in. Contents are what the agent sent,
except for what is never handed on: the agent's own share, a model's options and headers.
"""

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from sync.items.redaction import model_without_secrets, session_without_share
from sync.protocol.keys import parse_key
from sync.render.fields import decode
from sync.transcript.document import Row

FORMAT: Final = "opencode.session.v1"


def export_json(rows: Iterable[Row], *, session_id: str, epoch: str, seq: int) -> bytes:
    """UTF-8 JSON; contents are spliced as stored, so that nothing is lost or reordered inside them."""
    entries = [{"key": row.key, "seq": row.seq, "content": _content(row)} for row in rows]
    return msgspec.json.encode(
        {"format": FORMAT, "session": session_id, "epoch": epoch, "seq": seq, "entries": entries}
    )


def _content(row: Row) -> Any:
    name = parse_key(row.key)
    if name is not None and name.kind == "model":
        return model_without_secrets(decode(row.content))
    if name is not None and name.kind == "info":
        info = decode(row.content)
        return session_without_share(info) if isinstance(info, dict) else info
    return msgspec.Raw(row.content.encode("utf-8", "replace"))

"""A session's entries, without asks, as one JSON document, written in pieces.

    {"format": "opencode.session.v1", "session": <client session id>, "epoch": …,
     "entries": [{"key": …, "seq": …, "content": <the entry's JSON>}, …], "seq": <head>}

Entries come in the order of their numbers, which is also the order to replay them in. Contents are what the agent sent,
except for what is never passed on: the agent's own share, a model's options and headers. When a session is written to
during the export, a changed entry comes again, later, and a removed one as `"deleted": true`: the last of each key
counts, and `seq`, at the end, is the number of the state that the document holds.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec

from sync.errors import SessionGone
from sync.items.redaction import model_without_secrets, session_without_share
from sync.protocol.keys import is_ask_key, parse_key
from sync.render.fields import decode
from sync.store import Piece, StateRow

FORMAT: Final = "opencode.session.v1"
ReadPiece = Callable[[int], Piece | None]
"""Reads the entries that follow a number."""


def export_json(read: ReadPiece, session_id: str) -> Iterator[bytes]:
    """The document in UTF-8; contents are inserted as stored, so that nothing in them is lost or reordered.

    Raises SessionGone before the first piece when there is no such session, and later when it was erased or its epoch
    ended meanwhile: the pieces written by then are no complete document.
    """
    piece = first = _required(read(0))
    head = msgspec.json.encode({"format": FORMAT, "session": session_id, "epoch": first.epoch})
    yield head[:-1] + b',"entries":['
    separator = b""
    while True:
        kept = [row for row in piece.rows if not is_ask_key(row.key)]
        entries = [_entry(row) for row in kept if not row.deleted or row.seq > first.head]
        if entries:
            yield separator + b",".join(entries)
            separator = b","
        if piece.through >= piece.head:
            break
        piece = _required(read(piece.through), first.epoch)
    yield b'],"seq":%d}' % piece.head


def _required(piece: Piece | None, epoch: str = "") -> Piece:
    if piece is None or (epoch and piece.epoch != epoch):
        raise SessionGone
    return piece


def _entry(row: StateRow) -> bytes:
    if row.deleted:
        return msgspec.json.encode({"key": row.key, "seq": row.seq, "deleted": True})
    return msgspec.json.encode({"key": row.key, "seq": row.seq, "content": _content(row)})


def _content(row: StateRow) -> Any:
    name = parse_key(row.key)
    if name is not None and name.kind == "model":
        return model_without_secrets(decode(row.content))
    if name is not None and name.kind == "info":
        info = decode(row.content)
        return session_without_share(info) if isinstance(info, dict) else info
    return msgspec.Raw(row.content.encode("utf-8", "replace"))

"""The names of a session's entries: `session/<kind>/<session id>[/<segment>…]`."""

import re
from typing import Final, NamedTuple

KEY_BYTES: Final = 255
_SEGMENT: Final = r"[A-Za-z0-9_.:@-]{1,128}"
_KEY: Final = re.compile(rf"session/({_SEGMENT})/({_SEGMENT})((?:/{_SEGMENT}){{0,3}})")
_SESSION_ID: Final = re.compile(_SEGMENT)
ASK_KIND: Final = "ask"
"""The kind that only the console writes: what running agents wait for. Members see it, readers by links do not."""
ASK_PREFIX: Final = f"session/{ASK_KIND}/"
ASKS: Final = (ASK_PREFIX, f"session/{ASK_KIND}0")
"""From the first key an ask can have to the first one after all of them."""


class EntryKey(NamedTuple):
    """A key's parts: `kind` (info, message, part, diff, model, ask or an unknown one), session id, further segments."""

    kind: str
    session_id: str
    segments: tuple[str, ...]


def parse_key(key: str) -> EntryKey | None:
    """The parts of a well-formed key of at most KEY_BYTES bytes, else None."""
    if len(key) > KEY_BYTES:
        return None
    found = _KEY.fullmatch(key)
    if found is None:
        return None
    kind, session_id, rest = found.groups()
    return EntryKey(kind, session_id, tuple(rest[1:].split("/")) if rest else ())


def is_session_id(text: str) -> bool:
    """Whether `text` can be a client's session id, e.g. `ses_dfd6151caffeazUC43Hrd7Pbo8`."""
    return _SESSION_ID.fullmatch(text) is not None


def info_key(session_id: str) -> str:
    return f"session/info/{session_id}"


def message_key(session_id: str, message_id: str) -> str:
    return f"session/message/{session_id}/{message_id}"


def part_key(session_id: str, message_id: str, part_id: str) -> str:
    return f"session/part/{session_id}/{message_id}/{part_id}"


def diff_key(session_id: str) -> str:
    return f"session/diff/{session_id}"


def model_key(session_id: str) -> str:
    return f"session/model/{session_id}"


def ask_key(session_id: str, ask_id: str) -> str:
    """The key of an ask; `session_id` is that of the session at the root, for one of its subagents too."""
    return f"{ASK_PREFIX}{session_id}/{ask_id}"


def is_ask_key(key: str) -> bool:
    return key.startswith(ASK_PREFIX)

"""Refused frames as denials of HTTP requests."""

from typing import Any, Final

from opencode.lib.errors import Denial
from sync.errors import EntryTooLarge, FrameMalformed, KeyForeign, KeyMalformed, KeyReserved
from sync.protocol.requests import FrameRefused


class UpdatesMalformed(Denial):
    code = "updates_malformed"
    status = 422
    default_message = "A publish needs a list of updates, each a key with content or deleted: true."


_KINDS: Final[dict[str, type[Denial]]] = {
    kind.code: kind for kind in (FrameMalformed, UpdatesMalformed, KeyMalformed, KeyForeign, KeyReserved, EntryTooLarge)
}


def denial_of(refused: FrameRefused) -> Denial:
    """The denial with the refused frame's code; its `id` is the publish's operation id when that was readable."""
    extra: dict[str, Any] = {} if refused.operation_id is None else {"id": refused.operation_id}
    return _KINDS.get(refused.code, FrameMalformed)(refused.message, **extra)

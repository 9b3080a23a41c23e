"""The columns shown in lists, computed from a whole state instead of from changes. Pure."""

from collections.abc import Iterable
from typing import Any, Final

from sync.protocol.keys import info_key
from sync.protocol.summary import STATE_COLUMNS, InfoSummary, StateSummary, Totals, read_info, read_message

_MESSAGE: Final = "session/message/"
_PART: Final = "session/part/"


def summary_columns(client_id: str, contents: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The columns for entries that are not removed, as (key, content): title, version, model, state, cost, tokens.

    The same values as after single updates: the session's own totals count when it has them, else the messages' sum.
    """
    info = InfoSummary()
    model = ""
    state = StateSummary()
    total = Totals()
    for key, content in contents:
        if key == info_key(client_id):
            info = read_info(content)
        elif key.startswith(_MESSAGE):
            message = read_message(content)
            total = total.plus(message.totals)
            model = message.model or model
            state.take_message(message)
        elif key.startswith(_PART):
            state.take_part(content)
    totals = info.totals or total
    return {
        "title": info.title,
        "agent_version": info.version,
        "model": info.model or model,
        **dict.fromkeys(STATE_COLUMNS, False),
        **state.changes,
        "cost": totals.cost,
        **{f"tokens_{name}": count for name, count in totals.tokens.items()},
    }

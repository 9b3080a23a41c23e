"""The rows of the Sessions list as HTML, without a template, which took 14 ms for fifty rows; every text is escaped."""

from collections.abc import Iterable
from html import escape
from typing import Final

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator, capfirst

from opencode.lib.money import format_dollars
from opencode.lib.shown import compact_count, relative_time
from sync.store import SessionMaker, SessionRow
from sync.transcript import shown_state

TITLE_CHARACTERS: Final = 100
_ROW: Final = (
    '<tr role="row" id="session-{id}"><th scope="row" role="rowheader" class="session-title">'
    '<span class="session-line" {attributes}><span class="dot"></span>'
    '<a href="{url}"><bdi>{title}</bdi></a>{cold}{state}</span></th>'
    '<td role="cell" class="session-who">{who}</td>'
    '<td role="cell" class="session-model"><bdi title="{model}">{model_name}</bdi></td>'
    '<td role="cell" class="num session-tokens">{tokens}</td>'
    '<td role="cell" class="num{faint}">{cost}</td>'
    '<td role="cell" class="when">{when}</td></tr>'
)
_COLD: Final = (
    '<span class="badge" title="Idle for long: it is in object storage and comes back when it is opened">cold</span>'
)
# A placeholder that is no session id: the address is built once and each id is put in its place.
_STAND_IN: Final = "ses_"


def rows_html(slug: str, rows: Iterable[SessionRow]) -> SafeString:
    address = reverse("sync:session", args=[slug, _STAND_IN])
    before, _, after = address.rpartition(_STAND_IN)
    return mark_safe("".join(_row(row, f"{before}{row.client_id}{after}") for row in rows))  # noqa: S308 - escaped


def _row(row: SessionRow, url: str) -> str:
    title = row.title or "Untitled"
    shown = title if len(title) <= TITLE_CHARACTERS else Truncator(title).chars(TITLE_CHARACTERS)
    state = shown_state(row.state, row.last_activity_at, has_open_tool=row.has_open_tool)
    return _ROW.format(
        id=row.id,
        attributes=state.attributes,
        url=escape(url),
        title=escape(shown),
        cold=_COLD if row.is_cold else "",
        state=state.badge,
        who=_who(row.maker),
        model=escape(row.model),
        model_name=escape(row.model_name),
        tokens=compact_count(row.tokens),
        faint="" if row.cost else " faint",
        cost=format_dollars(row.cost),
        when=relative_time(row.last_activity_at),
    )


def _who(maker: SessionMaker) -> str:
    """The person, and after them the name of what their agent showed, which stands alone where there is no person."""
    title = ", ".join(filter(None, (maker.email, f"{maker.kind} {maker.credential}".strip())))
    after = f' <span class="faint">{escape(maker.credential)}</span>' if maker.person and maker.credential else ""
    name = maker.person or maker.credential or capfirst(maker.name)
    return f'<span title="{escape(title)}">{escape(name)}{after}</span>'

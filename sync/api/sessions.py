"""`/workspaces/…/sessions`: list, look, delete. Their content is read by the sync protocol, beside this API."""

from datetime import datetime
from typing import Annotated, Final, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from accounts.models import User
from opencode.lib.clock import utc_now
from opencode.lib.errors import NotFound
from opencode.lib.paging import SEARCH_CHARACTERS
from sync.archive import session_erase
from sync.errors import SessionGone
from sync.models import DeletionReceipt, Session
from sync.protocol.state import SessionState
from sync.search import sessions_find
from sync.sharing import workspace_session
from sync.store import SESSIONS, matching_sessions, state_of
from workspaces.calls.callers import WorkspaceCall, WorkspaceName, workspace_call
from workspaces.calls.paging import Page, PageQuery, next_page, place_of
from workspaces.calls.refusals import answers

router = Router()
CREDENTIALS: Final[dict[str, Literal["token", "key", "device"]]] = {"tok": "token", "key": "key", "dev": "device"}
READ: Final = ("sync:read", "sync:write")
"""Scopes that may read a session. Who may write may also read, as on the session's socket."""


class Maker(Schema):
    id: str
    name: str


class MadeWith(Schema):
    """The share token, API key or signed-in agent a session was made with; its name stays when it is gone."""

    id: str
    kind: Literal["token", "key", "device"]
    name: Annotated[str, Field(description="As it was called then; empty when the person was erased.")]


class Tokens(Schema):
    input: int
    output: int
    reasoning: int
    cache_read: int
    cache_write: int


class SessionOut(Schema):
    id: Annotated[str, Field(description="The agent's own id of the session, unique in the workspace.")]
    title: str
    model: str
    agent_version: str
    is_running: Annotated[bool, Field(json_schema_extra={"deprecated": True}, description="Use `state`.")]
    state: Annotated[
        SessionState,
        Field(description="As of this answer: an agent that says nothing more is `quiet` for a while, then `lost`."),
    ]
    tokens: Tokens
    cost_micro_cents: Annotated[int, Field(description="$1 is 100,000,000.")]
    entries: int
    content_bytes: int
    epoch: str
    seq: Annotated[int, Field(description="The number of the newest update.")]
    created_by: Maker | None
    made_with: MadeWith | None
    created_at: datetime
    last_activity_at: datetime


class SessionList(Page):
    items: list[SessionOut]


class SessionQuery(PageQuery):
    search: Annotated[
        str,
        Field(max_length=SEARCH_CHARACTERS, description="Words of its title or its contents, or the whole id."),
    ] = ""
    state: Annotated[SessionState | None, Field(description="Only sessions in this state.")] = None


class Receipt(Schema):
    """What was erased; it stays when the session does not."""

    id: str
    session_id: str
    entries: int
    shares: int
    snapshots: int
    content_bytes: int
    erased_at: datetime
    confirmed_at: Annotated[datetime | None, Field(description="When a later check found nothing left.")]


@router.get(
    "/workspaces/{workspace}/sessions",
    response=answers(SessionList),
    operation_id="sessions_list",
    summary="List sessions",
)
def sessions_list(request: HttpRequest, workspace: WorkspaceName, page: Query[SessionQuery]) -> SessionList:
    """The latest activity first. A key needs `sync:read` or `sync:write`."""
    call = workspace_call(request, workspace, "session.view", scopes=READ)
    now = utc_now()
    search = page.search.strip()
    ids = sessions_find(call.workspace, search).ids if search else None
    matching = matching_sessions(call.workspace, now=now, ids=ids, state=page.state)
    rows = matching.select_related("created_by")
    found = SESSIONS.page(rows, place_of(SESSIONS, page.after), page.limit)
    return SessionList(items=[_out(session, now) for session in found.rows], next=next_page(request, found.next))


@router.get(
    "/workspaces/{workspace}/sessions/{session_id}",
    response=answers(SessionOut),
    operation_id="sessions_get",
    summary="Get a session",
)
def sessions_get(request: HttpRequest, workspace: WorkspaceName, session_id: str) -> SessionOut:
    """A key needs `sync:read` or `sync:write`."""
    call = workspace_call(request, workspace, "session.view", scopes=READ)
    return _out(session_of(call, session_id), utc_now())


@router.delete(
    "/workspaces/{workspace}/sessions/{session_id}",
    response=answers(Receipt),
    operation_id="sessions_delete",
    summary="Delete a session",
)
def sessions_delete(request: HttpRequest, workspace: WorkspaceName, session_id: str) -> Receipt:
    """For good, with its links and snapshots; answers the receipt. Owners and admins, no keys."""
    call = workspace_call(request, workspace, "session.delete")
    receipt = session_erase(session_id=session_of(call, session_id).pk, actor=call.actor)
    if receipt is None:
        raise SessionGone
    return _receipt(receipt)


def session_of(call: WorkspaceCall, session_id: str) -> Session:
    """The workspace's session of that id. Raises NotFound."""
    session = workspace_session(call.workspace, session_id)
    if session is None:
        raise NotFound
    return session


def maker_of(user: User | None) -> Maker | None:
    return None if user is None else Maker(id=user.pk, name=user.display_name)


def _made_with(session: Session) -> MadeWith | None:
    kind = CREDENTIALS.get(session.made_with_id.partition("_")[0])
    return None if kind is None else MadeWith(id=session.made_with_id, kind=kind, name=session.made_with_name)


def _out(session: Session, now: datetime) -> SessionOut:
    state = state_of(session, now)
    return SessionOut(
        id=session.client_id,
        title=session.title,
        model=session.model,
        agent_version=session.agent_version,
        is_running=state is SessionState.RUNNING,
        state=state,
        tokens=Tokens(
            input=session.tokens_input,
            output=session.tokens_output,
            reasoning=session.tokens_reasoning,
            cache_read=session.tokens_cache_read,
            cache_write=session.tokens_cache_write,
        ),
        cost_micro_cents=session.cost,
        entries=session.entry_count,
        content_bytes=session.content_bytes,
        epoch=session.epoch,
        seq=session.head_seq,
        created_by=maker_of(session.created_by),
        made_with=_made_with(session),
        created_at=session.created_at,
        last_activity_at=session.last_activity_at,
    )


def _receipt(receipt: DeletionReceipt) -> Receipt:
    return Receipt(
        id=receipt.pk,
        session_id=receipt.client_id,
        entries=receipt.entries,
        shares=receipt.shares,
        snapshots=receipt.snapshots,
        content_bytes=receipt.content_bytes,
        erased_at=receipt.erased_at,
        confirmed_at=receipt.confirmed_at,
    )

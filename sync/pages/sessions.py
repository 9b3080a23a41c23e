"""The Sessions page of a workspace, and the list alone for the script that keeps it up to date."""

import hashlib
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag

from opencode.lib.clock import utc_now
from opencode.lib.paging import SEARCH_CHARACTERS
from sync.pages.conditional import assets_version
from sync.pages.reading import read_only
from sync.pages.rows import rows_html
from sync.ports import waiting_sessions
from sync.protocol.state import SessionState
from sync.search import sessions_find
from sync.store import SESSIONS, session_page
from sync.transcript import state_limits
from workspaces.access import WorkspaceAccess, page_access, workspace_access
from workspaces.selectors.agentconfig import agent_config

PLACEHOLDER: Final = "YOUR-SHARE-TOKEN"


@read_only
def session_list(request: HttpRequest, slug: str) -> HttpResponse:
    access = page_access(request, slug, "session.view")
    return render(
        request,
        "sync/sessions.html",
        {**_list_context(request, access), "nav": "sessions", "may_delete": access.can("session.delete")},
    )


@read_only
def session_rows(request: HttpRequest, slug: str) -> HttpResponse:
    """The list without its page. 304 while nothing in it has changed, which costs the read but no rendering."""
    access = workspace_access(request.user, slug, "session.view")
    context = _list_context(request, access)
    shown = [context[name] for name in ("search", "may_connect", "page", "waiting")]
    state = repr((assets_version(), slug, access.user.pk, shown))
    etag = quote_etag(hashlib.sha256(state.encode()).hexdigest()[:32])
    response = get_conditional_response(request, etag=etag) or render(request, "sync/parts/session_list.html", context)
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    return response


def _list_context(request: HttpRequest, access: WorkspaceAccess) -> dict[str, Any]:
    search = request.GET.get("q", "").strip()[:SEARCH_CHARACTERS]
    after = request.GET.get("after", "")
    place = SESSIONS.read_or_first(after)
    state = next((each for each in SessionState if each == request.GET.get("state")), None)
    found = sessions_find(access.workspace, search) if search else None
    page = session_page(access.workspace, now=utc_now(), ids=found and found.ids, state=state, place=place)
    waiting = waiting_sessions([row.id for row in page.rows])
    kept = {"q": search, "state": state or ""}
    query = {name: str(value) for name, value in (*kept.items(), ("after", after if place else "")) if value}
    rows_url = reverse("sync:session-rows", args=[access.workspace.slug])
    return {
        "access": access,
        "page": page,
        "waiting": waiting,
        "rows": partial(rows_html, access.workspace.slug, page.rows, waiting, access.user.pk),
        "search": search,
        "found": found,
        "state": state,
        "state_limits": state_limits(),
        "states": _state_links(search, state),
        "first": urlencode({name: value for name, value in kept.items() if value}),
        "is_first": place is None,
        "older": urlencode({**query, "after": page.next}) if page.next else "",
        "rows_url": f"{rows_url}?{urlencode(query)}" if query else rows_url,
        "may_connect": access.can("token.manage"),
        "agent_config": agent_config(PLACEHOLDER),
    }


def _state_links(search: str, current: SessionState | None) -> list[tuple[str, str, bool]]:
    """The list's filters by state: the words, the query of the address, whether it is the present one."""
    choices = [("All", ""), *((state.capitalize(), str(state)) for state in SessionState)]
    query = {"q": search} if search else {}
    return [
        (words, urlencode({**query, "state": value} if value else query), value == (current or ""))
        for words, value in choices
    ]

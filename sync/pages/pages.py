"""The share page and the workspace's session page: one document, two audiences."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse

from opencode.lib.theme import THEME_COOKIE
from sync.archive import read_warm
from sync.errors import SessionGone
from sync.models import Session, Share
from sync.pages.conditional import answer_when_changed
from sync.pages.forms import ShareLinkForm
from sync.pages.reading import Reading, member_page, member_reading, read_only, share_reading
from sync.sharing import session_shares, share_state
from sync.store import read_state
from sync.transcript import Document, build_document, plural, render_transcript, session_facts

# Beyond so many messages the browser lays out only what is looked at.
LONG_MESSAGES = 200


@read_only
def share(request: HttpRequest, share_id: str) -> HttpResponse:
    """A session as its share's link shows it; nothing of its workspace or its people."""
    reading = share_reading(share_id)
    session_page = member_page(request, reading.session)

    def answer() -> HttpResponse:
        context = {**document_context(reading), "session_page": session_page, "share": reading.share}
        response = render(request, "sync/share.html", context)
        if context["transcript"].is_plain:
            response["Cache-Control"] = "no-store"
        return response

    variant = f"share\0{request.COOKIES.get(THEME_COOKIE, '')}\0{session_page}\0{is_listed(reading)}"
    response = answer_when_changed(request, reading.session, variant, answer)
    return unlisted(response, reading)


@read_only
def session(request: HttpRequest, slug: str, client_id: str) -> HttpResponse:
    """A workspace's session for its members: the document, its shares, its exports, its latest snapshot."""
    reading = member_reading(request, slug, client_id, is_page=True)
    row = reading.session
    context = {
        **document_context(reading),
        "access": reading.access,
        "nav": "sessions",
        "shares": [(each, share_state(each)) for each in session_shares(row)],
        "snapshot_url": snapshot_url(reading),
        "share_form": ShareLinkForm() if reading.may("session.share") else None,
        "may_delete": reading.may("session.delete"),
        "shares_open": "shares" in request.GET,
        "sharer": row.created_by.display_name if row.created_by else "",
        "cold_since": row.cold_at,
    }
    response = render(request, "sync/session.html", context)
    response["Cache-Control"] = "private, no-cache"
    return response


def document_context(reading: Reading) -> dict[str, Any]:
    """What both pages show of the session itself; raises SessionGone when it was erased a moment ago."""
    state = read_warm(read_state, reading.session.pk)
    if state is None:
        raise SessionGone
    document = build_document(state.rows)
    transcript = render_transcript(document, state.epoch)
    return {
        "reading": reading,
        "facts": session_facts(reading.session, document.info),
        "transcript": transcript,
        "is_empty": not document.messages,
        "is_long": len(document.messages) > LONG_MESSAGES,
        "epoch": state.epoch,
        "seq": state.head,
        "description": description(document, [name for _, name in transcript.models]),
        "page_url": settings.PUBLIC_URL + reading.url("page"),
        "links": {name: reading.url(name) for name in ("json", "md", "fragments")},
        "is_listed": is_listed(reading),
    }


def description(document: Document, models: list[str]) -> str:
    """A line for link previews: counts and models, never words of the session, which can hold a secret."""
    facts = [plural(len(document.messages), "message")]
    if models:
        facts.append("with " + ", ".join(models[:3]))
    return "A coding session: " + " ".join(facts) + "."


def is_listed(reading: Reading) -> bool:
    """Whether search engines may keep the page."""
    return reading.share is not None and reading.share.visibility == Share.Visibility.PUBLIC


def unlisted(response: HttpResponse, reading: Reading) -> HttpResponse:
    if not is_listed(reading):
        response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def snapshot_url(reading: Reading) -> str:
    """The latest snapshot's download; empty while there is none."""
    row: Session = reading.session
    if row.snapshot_seq <= 0 or reading.access is None:
        return ""
    try:
        return reverse("sync:snapshot-download", args=[reading.access.workspace.slug, row.client_id])
    except NoReverseMatch:
        return ""

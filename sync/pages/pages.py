"""The conversation of a session, at its link and in its workspace: one document for two audiences."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.gzip import gzip_page

from opencode.lib.theme import THEME_COOKIE
from sync.models import Share
from sync.pages.conditional import answer_when_changed
from sync.pages.documents import document_context, raw_output
from sync.pages.failures import first_failure
from sync.pages.frame import is_listed
from sync.pages.place import PagePosition
from sync.pages.reading import (
    ReadableSession,
    linked_reading,
    live_link,
    member_page,
    member_reading,
    members_address,
    read_only,
)
from sync.pages.secrets import secrets_context
from sync.ports import session_controls
from sync.sharing import link_opened, session_shares, share_state


@gzip_page
@read_only
def share(request: HttpRequest, share_id: str) -> HttpResponseBase:
    """A session as its link shows it, without anything of its workspace or its people."""
    link = live_link(share_id)
    place = PagePosition.of(request)
    if link.is_for_members:
        address = members_address(request, link.session)
        _count_opening(request, link, place)
        return redirect(address)
    reading = linked_reading(link)
    _count_opening(request, link, place)
    elsewhere = _other_answer(reading, place)
    if elsewhere is not None:
        return unlisted(elsewhere, reading)
    session_page = member_page(request, reading.session)

    def answer() -> HttpResponse:
        context = document_context(reading, place, session_page)
        response = render(request, "sync/conversation.html", context)
        if context["transcript"].is_plain:
            response["Cache-Control"] = "no-store"
        return response

    variant = share_variant(request, reading, session_page, str(place))
    return unlisted(answer_when_changed(request, reading, variant, answer), reading)


@gzip_page
@read_only
def session(request: HttpRequest, slug: str, client_id: str) -> HttpResponse:
    """A workspace's session for its members: the document, its shares, its exports, its latest snapshot."""
    reading = member_reading(request, slug, client_id, is_page=True)
    row, place = reading.session, PagePosition.of(request)
    elsewhere = _other_answer(reading, place)
    if elsewhere is not None:
        return elsewhere
    context = {
        **document_context(reading, place),
        "controls": session_controls(request, reading.access.workspace.pk, row.client_id) if reading.access else "",
        "shares": [(each, share_state(each)) for each in session_shares(row)],
        **secrets_context(request, reading),
        "shares_open": "shares" in request.GET,
    }
    response = render(request, "sync/conversation.html", context)
    response["Cache-Control"] = "private, no-cache"
    return response


def _count_opening(request: HttpRequest, link: Share, place: PagePosition) -> None:
    """Count that somebody opened the link: its first page, and not what a browser fetches ahead."""
    if request.method == "GET" and place.is_newest and "prefetch" not in request.headers.get("Sec-Purpose", ""):
        link_opened(link.pk)


def _other_answer(reading: ReadableSession, place: PagePosition) -> HttpResponse | None:
    """The answer for a place that is no page of the session: an output as plain text, the way to the first failure."""
    if place.is_raw:
        return plain_text(raw_output(reading, place.entry))
    return first_failure(reading) if place.is_failure else None


def plain_text(text: str) -> HttpResponse:
    """Somebody else's text, which browsers must not take for anything but text."""
    response = HttpResponse(text, content_type="text/plain; charset=utf-8")
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    return response


def unlisted(response: HttpResponseBase, reading: ReadableSession) -> HttpResponseBase:
    if not is_listed(reading):
        response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def share_variant(request: HttpRequest, reading: ReadableSession, session_page: str, place: str) -> str:
    """What a page of a link differs by, beside the session's state: theme, who looks at it, search engines, place."""
    theme = request.COOKIES.get(THEME_COOKIE, "")
    return f"share\0{theme}\0{session_page}\0{is_listed(reading)}\0{place}"

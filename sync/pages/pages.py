"""The share page and the workspace's session page: one document for two audiences."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.gzip import gzip_page

from opencode.lib.theme import THEME_COOKIE
from sync.models import Session
from sync.pages.conditional import answer_when_changed
from sync.pages.documents import document_context, is_listed, raw_output
from sync.pages.failures import first_failure
from sync.pages.forms import ShareLinkForm
from sync.pages.place import PagePosition
from sync.pages.reading import ReadableSession, member_page, member_reading, read_only, share_reading
from sync.pages.secrets import secrets_context
from sync.sharing import session_shares, share_state
from sync.store import maker_of


@gzip_page
@read_only
def share(request: HttpRequest, share_id: str) -> HttpResponseBase:
    """A session as its link shows it, without anything of its workspace or its people."""
    reading = share_reading(share_id)
    place = PagePosition.of(request)
    elsewhere = _other_answer(reading, place)
    if elsewhere is not None:
        return unlisted(elsewhere, reading)
    session_page = member_page(request, reading.session)

    def answer() -> HttpResponse:
        context = {**document_context(reading, place), "session_page": session_page, "share": reading.share}
        response = render(request, "sync/share.html", context)
        if context["transcript"].is_plain:
            response["Cache-Control"] = "no-store"
        return response

    variant = f"share\0{request.COOKIES.get(THEME_COOKIE, '')}\0{session_page}\0{is_listed(reading)}\0{place}"
    response = answer_when_changed(request, reading, variant, answer)
    return unlisted(response, reading)


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
        "access": reading.access,
        "nav": "sessions",
        "shares": [(each, share_state(each)) for each in session_shares(row)],
        "snapshot_url": snapshot_url(reading),
        **secrets_context(request, reading),
        "share_form": ShareLinkForm() if reading.may("session.share") else None,
        "may_delete": reading.may("session.delete"),
        "shares_open": "shares" in request.GET,
        "maker": maker_of(row),
        "cold_since": row.cold_at,
    }
    response = render(request, "sync/session.html", context)
    response["Cache-Control"] = "private, no-cache"
    return response


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


def snapshot_url(reading: ReadableSession) -> str:
    """The address of the latest snapshot's download; empty while there is none."""
    row: Session = reading.session
    if row.snapshot_seq <= 0 or reading.access is None:
        return ""
    try:
        return reverse("sync:snapshot-download", args=[reading.access.workspace.slug, row.client_id])
    except NoReverseMatch:
        return ""

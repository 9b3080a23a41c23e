"""A session as a file, streamed while it is read: its entries as JSON, or all of it as Markdown."""

from collections.abc import Iterator
from typing import Final

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from sync.errors import SessionGone
from sync.pages.conditional import answer_when_changed
from sync.pages.pages import unlisted
from sync.pages.reading import Read, ReadableSession, member_reading, read_only, share_reading
from sync.pages.streaming import piecewise
from sync.sharing import share_target
from sync.transcript import Shown, session_json_pieces, session_markdown_pieces

JSON: Final = "application/json"
MARKDOWN: Final = "text/markdown; charset=utf-8"


@read_only
def share_json(request: HttpRequest, share_id: str) -> HttpResponseBase:
    reading = share_reading(share_id)
    return _answer(request, reading, session_json_pieces(reading.session, _shown(reading)), JSON)


@read_only
def share_markdown(request: HttpRequest, share_id: str) -> HttpResponseBase:
    reading = share_reading(share_id)
    pieces = session_markdown_pieces(reading.session, _shown(reading), is_masked=reading.is_masked)
    return _answer(request, reading, pieces, MARKDOWN)


@read_only
def session_json(request: HttpRequest, slug: str, client_id: str) -> HttpResponseBase:
    reading = member_reading(request, slug, client_id)
    return _answer(request, reading, session_json_pieces(reading.session), JSON)


@read_only
def session_markdown(request: HttpRequest, slug: str, client_id: str) -> HttpResponseBase:
    reading = member_reading(request, slug, client_id)
    return _answer(request, reading, session_markdown_pieces(reading.session), MARKDOWN)


def _shown(reading: ReadableSession) -> Shown:
    """Each read as the link shows it. Raises SessionGone once the link has ended, or masks otherwise than before."""
    assert reading.share is not None
    share_id = reading.share.pk

    def shown(read: Read | None) -> Read:
        now = share_target(share_id)
        if now is None or now.masks_secrets != reading.is_masked:
            raise SessionGone
        return reading.shown(read)

    return shown


def _answer(
    request: HttpRequest, reading: ReadableSession, pieces: Iterator[bytes], content_type: str
) -> HttpResponseBase:
    def answer() -> HttpResponseBase:
        return piecewise(pieces, content_type, is_wanted=request.method != "HEAD")

    return unlisted(answer_when_changed(request, reading, content_type, answer), reading)

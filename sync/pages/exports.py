"""A session as a file: its entries as JSON, or the whole as Markdown."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from sync.archive import read_warm
from sync.errors import SessionGone
from sync.pages.conditional import answer_when_changed
from sync.pages.pages import unlisted
from sync.pages.reading import Reading, member_reading, read_only, share_reading
from sync.store import StateRead, read_state
from sync.transcript import export_json, export_markdown

Export = Callable[[Reading, StateRead], bytes]


@read_only
def share_json(request: HttpRequest, share_id: str) -> HttpResponse:
    return _answer(request, share_reading(share_id), _json, "application/json")


@read_only
def share_markdown(request: HttpRequest, share_id: str) -> HttpResponse:
    return _answer(request, share_reading(share_id), _markdown, "text/markdown; charset=utf-8")


@read_only
def session_json(request: HttpRequest, slug: str, client_id: str) -> HttpResponse:
    return _answer(request, member_reading(request, slug, client_id), _json, "application/json")


@read_only
def session_markdown(request: HttpRequest, slug: str, client_id: str) -> HttpResponse:
    return _answer(request, member_reading(request, slug, client_id), _markdown, "text/markdown; charset=utf-8")


def _answer(request: HttpRequest, reading: Reading, export: Export, content_type: str) -> HttpResponse:
    def answer() -> HttpResponse:
        state = read_warm(read_state, reading.session.pk)
        if state is None:
            raise SessionGone
        return HttpResponse(export(reading, state), content_type=content_type)

    return unlisted(answer_when_changed(request, reading.session, content_type, answer), reading)


def _json(reading: Reading, state: StateRead) -> bytes:
    return export_json(state.rows, session_id=reading.session.client_id, epoch=state.epoch, seq=state.head)


def _markdown(reading: Reading, state: StateRead) -> bytes:
    return export_markdown(state.rows, title=reading.session.title).encode()

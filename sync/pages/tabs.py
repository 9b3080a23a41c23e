"""The tabs beside a session's conversation: what its tools changed in files, and what they did."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.gzip import gzip_page

from sync.pages.conditional import answer_when_changed
from sync.pages.frame import frame_context
from sync.pages.pages import share_variant, unlisted
from sync.pages.place import PagePosition, link
from sync.pages.reading import ReadableSession, member_page, member_reading, read_only, share_reading
from sync.pages.turnparts import TurnPage, has_failed, rest_after, turn_page, turn_parts
from sync.protocol.untrusted import text_at
from sync.render.edits import EDITORS
from sync.store import EntryPosition, read_failed_turns
from sync.transcript import Entry, Listed, render_changes, render_listed

# Of the newest failures, those in so many turns.
FAILED_TURNS: Final = 20
Context = Callable[[ReadableSession, str], dict[str, Any]]


def changes_context(reading: ReadableSession, before: str) -> dict[str, Any]:
    """The files that the tools of one page of turns changed, each with its changes, the oldest first."""
    page = turn_page(reading, before, lambda turn: turn.files > 0)
    parts = turn_parts(reading, [turn.message_id for turn in page.turns])
    edits = [entry for calls in reversed(parts.calls.values()) for entry in calls if _is_edit(entry)]
    changes = render_changes(edits, parts.epoch, text_at(parts.info, "directory"))
    return {
        "info": parts.info,
        "changes": changes,
        "earlier": _earlier(rest_after(page, parts.left_out)),
        "is_first": not before,
        "is_plain": changes.is_partial,
    }


def tools_context(reading: ReadableSession, before: str) -> dict[str, Any]:
    """The calls of one page of turns, the newest first; on the first page after those that failed."""
    page = turn_page(reading, before, lambda turn: turn.tools > 0)
    parts = turn_parts(reading, [turn.message_id for turn in page.turns])
    failed, failed_plain = ([], False) if before else _failed(reading)
    shown = {each.entry.key for each in failed}
    wanted = [entry for calls in parts.calls.values() for entry in reversed(calls) if entry.key not in shown]
    listed, is_plain = render_listed(wanted, parts.epoch, reading.url("page"))
    return {
        "info": parts.info,
        "failed": failed,
        "calls": listed,
        "earlier": _earlier(rest_after(page, _left_out(page, parts.left_out, wanted, listed))),
        "is_first": not before,
        "is_plain": is_plain or failed_plain,
    }


def _tab(name: str, context_of: Context) -> tuple[Callable[..., HttpResponseBase], Callable[..., HttpResponseBase]]:
    """The tab's page for readers by a link and for members."""

    def answer(request: HttpRequest, reading: ReadableSession, before: str, session_page: str) -> HttpResponse:
        context = context_of(reading, before)
        frame = frame_context(reading, name, context["info"], session_page)
        response = render(request, f"sync/{name}.html", {**frame, **context})
        response["Cache-Control"] = "no-store" if context["is_plain"] else "private, no-cache"
        return response

    def share(request: HttpRequest, share_id: str) -> HttpResponseBase:
        reading, before = share_reading(share_id), _before(request)
        session_page = member_page(request, reading.session)
        variant = share_variant(request, reading, session_page, f"{name}\0{before}")
        page = partial(answer, request, reading, before, session_page)
        return unlisted(answer_when_changed(request, reading, variant, page), reading)

    def session(request: HttpRequest, slug: str, client_id: str) -> HttpResponseBase:
        return answer(request, member_reading(request, slug, client_id, is_page=True), _before(request), "")

    return gzip_page(read_only(share)), gzip_page(read_only(session))


share_changes, session_changes = _tab("changes", changes_context)
share_tools, session_tools = _tab("tools", tools_context)


def _before(request: HttpRequest) -> str:
    """The message before which the page ends. Raises NotFound for what no link of the console has."""
    before = PagePosition.of(request).before
    return before.message_id if before is not None else ""


def _earlier(message_id: str) -> str:
    return link("before", EntryPosition(message_id) if message_id else None)


def _is_edit(entry: Entry) -> bool:
    return not entry.is_cut and text_at(entry.data, "tool").removeprefix("opencode_") in EDITORS


def _failed(reading: ReadableSession) -> tuple[list[Listed], bool]:
    """The newest calls that failed, and whether some of them are plain text for now."""
    turns = read_failed_turns(reading.session.pk, FAILED_TURNS)
    if not turns:
        return [], False
    parts = turn_parts(reading, turns)
    failed = [entry for calls in parts.calls.values() for entry in reversed(calls) if has_failed(entry)]
    return render_listed(failed, parts.epoch, reading.url("page"))


def _left_out(page: TurnPage, unread: str, wanted: list[Entry], listed: list[Listed]) -> str:
    """The first turn of the page that is not shown whole; empty when all are."""
    unshown = {unread, *(entry.name.segments[0] for entry in wanted[len(listed) :])}
    return next((turn.message_id for turn in page.turns if turn.message_id in unshown), "")

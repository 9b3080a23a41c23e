"""Rendered fragments of entries that changed, for a page that follows its session live."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string

from opencode.lib.clock import utc_now
from opencode.lib.errors import FieldsInvalid
from sync.archive import read_warm
from sync.pages.failures import failures_of
from sync.pages.reading import ReadableSession, member_reading, read_only, share_reading
from sync.protocol.fragments import KEYS_LIMIT, UNCHANGING
from sync.protocol.keys import info_key, parse_key
from sync.store import StateRead, read_entries
from sync.transcript import Fragment, entry_of, fragments_of, session_facts


@read_only
def share_fragments(request: HttpRequest, share_id: str) -> HttpResponse:
    return _answer(request, share_reading(share_id))


@read_only
def session_fragments(request: HttpRequest, slug: str, client_id: str) -> HttpResponse:
    return _answer(request, member_reading(request, slug, client_id))


def _answer(request: HttpRequest, reading: ReadableSession) -> HttpResponse:
    """`{epoch, head, header, fragments}` for `k=<key>:<seq>` items.

    A fragment may be newer than the number requested. With another epoch there are no fragments: the page reloads.
    """
    asked = asked_keys(request)
    session = reading.session
    state = reading.shown(read_warm(read_entries, session.pk, [*asked, info_key(session.client_id)]))
    body: dict[str, Any] = {"epoch": state.epoch, "head": state.head, "header": header_of(reading, state)}
    is_current = state.epoch == request.GET.get("epoch")
    shown = [row for row in state.rows if row.key in asked and not row.deleted] if is_current else []
    fragments = fragments_of(shown, state.epoch, is_whole="whole" in request.GET, person=reading.person)
    response = JsonResponse({**body, "fragments": [wire(fragment) for fragment in fragments]})
    found = {row.key: row.seq for row in state.rows}
    is_plain = any(fragment.is_plain for fragment in fragments)
    is_exact = is_current and not is_plain and all(found.get(key) == seq for key, seq in asked.items())
    response["Cache-Control"] = UNCHANGING if is_exact else "no-store"
    return response


def asked_keys(request: HttpRequest) -> dict[str, int]:
    """The requested keys, each with the number the page knows it by. Raises FieldsInvalid."""
    asked: dict[str, int] = {}
    for item in request.GET.getlist("k"):
        key, _, seq = item.rpartition(":")
        if parse_key(key) is None or not seq.isascii() or not seq.isdecimal():
            raise FieldsInvalid("Each k must read <key>:<seq>.", fields={"k": ["Expected <key>:<seq>."]})
        asked[key] = int(seq[:18])
    if not asked or len(asked) > KEYS_LIMIT:
        raise FieldsInvalid(f"Ask for 1 to {KEYS_LIMIT} keys.", fields={"k": [f"1 to {KEYS_LIMIT} keys."]})
    return asked


def header_of(reading: ReadableSession, state: StateRead) -> dict[str, str]:
    """The page's present title and facts."""
    key = info_key(reading.session.client_id)
    entries = [entry_of(row) for row in state.rows if row.key == key and not row.deleted]
    info = next((entry.data for entry in entries if entry is not None), None)
    session = reading.session
    facts = session_facts(session, info, utc_now(), is_masked=reading.is_masked, failures=failures_of(session))
    context = {"facts": facts, "links": {"page": reading.url("page")}}
    return {"title": facts.title, "html": render_to_string("sync/parts/facts.html", context)}


def wire(fragment: Fragment) -> dict[str, Any]:
    """The fragment as JSON. `plain` is set while the HTML is only the entry's text: the page requests it again."""
    return {
        "key": fragment.key,
        "seq": fragment.seq,
        "kind": fragment.kind,
        "html": fragment.html,
        "parent": fragment.parent,
        "order": fragment.order,
        **({"plain": True} if fragment.is_plain else {}),
    }

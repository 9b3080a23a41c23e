"""What stands around every tab of a session: its bar, its menu, its tabs; for members and for readers by a link."""

from typing import Any, Final, NamedTuple

from django.conf import settings
from django.urls import reverse

from opencode.lib.clock import utc_now
from sync.models import Share
from sync.pages.failures import failures_of
from sync.pages.reading import ReadableSession
from sync.store import maker_of
from sync.transcript import session_facts

TABS: Final = (("page", "Conversation"), ("changes", "Changes"), ("tools", "Tools"))


class Tab(NamedTuple):
    words: str
    url: str
    is_current: bool
    failures: int = 0


def frame_context(reading: ReadableSession, tab: str, info: Any, session_page: str = "") -> dict[str, Any]:
    """The template context of the frame; `tab` is a name in TABS or `history`, `info` the content of `session/info`.

    `session_page` is where a reader by a link who is a member finds the session in its workspace.
    """
    row = reading.session
    failures = failures_of(row)
    facts = session_facts(row, info, utc_now(), is_masked=reading.is_masked, failures=failures)
    return {
        "layout": "sync/member_frame.html" if reading.access else "sync/share_frame.html",
        "reading": reading,
        "facts": facts,
        "page_url": settings.PUBLIC_URL + reading.url("page"),
        "links": {name: reading.url(name) for name in ("page", "json", "md", "fragments")},
        "is_listed": is_listed(reading),
        "tabs": _tabs(reading, tab, failures),
        **(_members(reading) if reading.access else {"session_page": session_page, "share": reading.share}),
    }


def is_listed(reading: ReadableSession) -> bool:
    """Whether search engines may list the page: only a share its owner made public."""
    return reading.share is not None and reading.share.visibility == Share.Visibility.PUBLIC


def snapshot_url(reading: ReadableSession) -> str:
    """The address of the latest snapshot's download; empty while there is none."""
    return _member_url(reading, "snapshot-download") if reading.session.snapshot_seq > 0 else ""


def _members(reading: ReadableSession) -> dict[str, Any]:
    row = reading.session
    return {
        "access": reading.access,
        "nav": "sessions",
        "maker": maker_of(row),
        "snapshot_url": snapshot_url(reading),
        "may_share": reading.may("session.share"),
        "may_delete": reading.may("session.delete"),
        "cold_since": row.cold_at,
    }


def _tabs(reading: ReadableSession, current: str, failures: int) -> list[Tab]:
    tabs = [Tab(words, reading.url(name), name == current, failures if name == "tools" else 0) for name, words in TABS]
    if reading.access is not None:
        tabs.append(Tab("History", _member_url(reading, "snapshots"), current == "history"))
    return tabs


def _member_url(reading: ReadableSession, name: str) -> str:
    assert reading.access is not None
    return reverse(f"sync:{name}", args=[reading.access.workspace.slug, reading.session.client_id])

"""Entries of a session as the store would read them, and a strict look at the HTML they become."""

import json
from html.parser import HTMLParser
from typing import Any

from sync.store import StateRow
from sync.transcript.document import build_document
from sync.transcript.page import Transcript, render_transcript

SESSION = "ses_1"
CREATED = 1_795_340_283_445

# Everything the transcript's own templates and the sanitiser may write.
TAGS = frozenset(
    """
    a article bdi blockquote br button code dd del details div dl dt em figcaption figure footer h2 h3 h4 h5 h6 header
    hr img li ol p pre s section span strong summary table tbody td template th thead time tr ul
    """.split()  # noqa: SIM905 - a list of words reads better as words
)
ATTRIBUTES = frozenset(
    """
    alt aria-label class data-fold data-key data-model data-new data-old data-order data-parent data-parts data-seq
    data-slot datetime dir href id open rel role src start tabindex title
    """.split()  # noqa: SIM905 - a list of words reads better as words
)


def row(key: str, content: Any, seq: int = 1) -> StateRow:
    """A stored row; `content` may be text that is not JSON."""
    return StateRow(key, seq, content if isinstance(content, str) else json.dumps(content), False)


def message(message_id: str = "msg_1", role: str = "user", *, seq: int = 1, **fields: Any) -> StateRow:
    data = {"id": message_id, "role": role, "time": {"created": CREATED}, **fields}
    return row(f"session/message/{SESSION}/{message_id}", data, seq)


def part(part_id: str = "prt_1", message_id: str = "msg_1", *, seq: int = 2, **fields: Any) -> StateRow:
    return row(f"session/part/{SESSION}/{message_id}/{part_id}", {"id": part_id, **fields}, seq)


def tool(name: str, given: Any, status: str = "completed", **state: Any) -> dict[str, Any]:
    """A part of type tool."""
    return {"type": "tool", "tool": name, "state": {"status": status, "input": given, **state}}


def transcript(*rows: StateRow, epoch: str) -> Transcript:
    return render_transcript(build_document(rows), epoch)


class Inspector(HTMLParser):
    """Collects what of a piece of HTML no page of ours may hold."""

    def __init__(self) -> None:
        super().__init__()
        self.dangers: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.dangers += [tag] if tag not in TAGS else []
        for name, value in attrs:
            address = (value or "").strip().lower()
            is_known = name in ATTRIBUTES
            is_link = name != "href" or address.startswith(("http://", "https://", "mailto:", "#", "?at=", "?entry="))
            is_picture = name != "src" or address.startswith("data:image/")
            self.dangers += [] if is_known and is_link and is_picture else [f"{tag} {name}={value}"]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def dangers(html: str) -> list[str]:
    inspector = Inspector()
    inspector.feed(html)
    inspector.close()
    return inspector.dangers


def text_of(html: str) -> str:
    """What a reader sees, with the markup gone."""
    inspector = Inspector()
    inspector.feed(html)
    inspector.close()
    return "".join(inspector.texts)

"""Sessions of any size are pages of a bounded size: the newest first, every message on one of them."""

import gzip
import re
from typing import Any

import pytest
from django.test import Client

from sync.models import Session, SessionEntry, Share
from tests.cast import BROWSER
from tests.support.transcripts import CLIENT_ID, CREATED, make_session, make_share
from tests.unit.sync.transcript.entries import text_of

pytestmark = pytest.mark.django_db
PAGE_BYTES = 500_000
TURNS = 90


@pytest.fixture
def visitor() -> Client:
    return Client(headers=BROWSER)


def entry(session: Session, key: str, content: str) -> SessionEntry:
    seq = int.from_bytes(key.encode()[-4:], "big")
    return SessionEntry(session=session, key=key, seq=seq, content=content, size=len(content.encode()))


def long_share(turns: int = TURNS, text: str = "word " * 400) -> Share:
    """One message and one part a turn; each says its number."""
    session = make_session()
    rows = []
    for number in range(turns):
        name = f"msg_{number:04d}"
        role = ("user", "assistant")[number % 2]
        message = f'{{"id": "{name}", "role": "{role}", "time": {{"created": {CREATED + number}}}}}'
        rows.append(entry(session, f"session/message/{CLIENT_ID}/{name}", message))
        part = f'{{"type": "text", "text": "number-{number}- {text}"}}'
        rows.append(entry(session, f"session/part/{CLIENT_ID}/{name}/prt_{number:04d}", part))
    SessionEntry.objects.bulk_create(rows)
    return make_share(session)


def html_of(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def numbers(html: str) -> list[int]:
    """Of the parts shown; the outline repeats how messages begin."""
    return [int(found) for found in re.findall(r"number-(\d+)-", html.partition("data-outline")[0])]


def link(html: str, words: str) -> str:
    found = re.search(rf'<a href="([^"]*)">{words}</a>', html)
    return found[1] if found else ""


def walk(client: Client, address: str, words: str) -> list[str]:
    pages = [html_of(client, address)]
    while query := link(pages[-1], words):
        pages.append(html_of(client, address.partition("?")[0] + query))
    return pages


def test_the_newest_come_first_and_earlier_ones_by_links_without_scripts(visitor: Client) -> None:
    share = long_share()
    pages = walk(visitor, f"/share/{share.pk}", "Earlier messages")
    assert len(pages) > 2
    assert numbers(pages[0])[-1] == TURNS - 1
    assert [number for page in reversed(pages) for number in numbers(page)] == list(range(TURNS))
    assert "Later messages" not in pages[0]
    assert all(link(page, "Newest messages") == f"/share/{share.pk}" for page in pages[1:])


def test_a_permalink_opens_the_page_that_has_its_message(visitor: Client) -> None:
    share = long_share()
    assert 'id="msg_0007"' not in html_of(visitor, f"/share/{share.pk}")
    address = f"/share/{share.pk}?at=msg_0007"
    html = html_of(visitor, address)
    assert numbers(html)[0] == 7
    assert 'href="?at=msg_0007#msg_0007"' in html
    assert link(html, "Earlier messages") == "?before=msg_0007"
    on = walk(visitor, address, "Later messages")
    assert [number for page in on for number in numbers(page)] == list(range(7, TURNS))


@pytest.mark.parametrize(
    "text", ["word " * 9_000, "שלום " * 4_000, "**a** `b` " * 2_000, "```c\\n" + "int a;\\n" * 900 + "```"]
)
def test_a_page_is_bounded_whatever_its_entries_hold(visitor: Client, text: str) -> None:
    for page in walk(visitor, f"/share/{long_share(40, text).pk}", "Earlier messages"):
        assert len(page.encode()) <= PAGE_BYTES


def test_many_large_entries_of_every_kind_are_bounded_too(visitor: Client) -> None:
    session = make_session()
    large = '{"summary": {"diffs": [{"file": "a", "patch": "' + "+x\\n" * 9_000 + '"}]}}'
    keys = [f"session/message/{CLIENT_ID}/msg_{number}" for number in range(40)]
    keys += [f"session/{kind}/{CLIENT_ID}/{number}" for kind in ("todo", "x", "b") for number in range(30)]
    keys += [f"session/part/{CLIENT_ID}/lost_{number}/prt" for number in range(40)]
    diff = '[{"file": "a", "patch": "' + "+x\\n" * 90_000 + '"}]'
    rows = [entry(session, key, large) for key in keys] + [entry(session, f"session/diff/{CLIENT_ID}", diff)]
    SessionEntry.objects.bulk_create(rows)
    assert len(html_of(visitor, f"/share/{make_share(session).pk}").encode()) <= PAGE_BYTES


def test_a_large_entry_has_a_page_of_its_own(visitor: Client) -> None:
    share = long_share(3, "word " * 12_000)
    html = html_of(visitor, f"/share/{share.pk}")
    (address, *_) = re.findall(r'href="(\?entry=[^"]*)"', html)
    alone = html_of(visitor, f"/share/{share.pk}{address}")
    assert numbers(alone) == [0]
    assert text_of(alone).count("word") == 12_000
    assert link(alone, "Back to the conversation") == "?at=msg_0000#prt_0000"


@pytest.mark.parametrize(
    "query",
    [
        "before=a+b",
        "at=a/b/c",
        "at=%00",
        "entry=nonsense",
        f"entry=session/part/{CLIENT_ID}/no/where",
        f"entry=session/info/{CLIENT_ID}",
    ],
)
def test_places_that_no_page_links_to_are_not_found(visitor: Client, query: str) -> None:
    assert visitor.get(f"/share/{long_share(2).pk}?{query}").status_code == 404


def test_only_the_page_with_the_end_follows_the_session(visitor: Client) -> None:
    share = long_share()
    newest, earlier = walk(visitor, f"/share/{share.pk}", "Earlier messages")[:2]
    assert "data-socket" in newest
    assert "data-connection" in newest
    assert "data-socket" not in earlier
    assert "data-connection" not in earlier


def test_each_place_has_a_tag_of_its_own(visitor: Client) -> None:
    share = long_share(3)
    queries = ["", "?at=msg_0001", "?before=msg_0001", f"?entry=session/part/{CLIENT_ID}/msg_0001/prt_0001"]
    assert len({visitor.get(f"/share/{share.pk}{query}")["ETag"] for query in queries}) == 4


def test_pages_are_compressed_for_who_takes_it(visitor: Client) -> None:
    share = long_share(20)
    plain = visitor.get(f"/share/{share.pk}")
    packed = visitor.get(f"/share/{share.pk}", headers={"Accept-Encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert len(packed.content) * 5 < len(plain.content)
    again = visitor.get(f"/share/{share.pk}", headers={"Accept-Encoding": "gzip", "If-None-Match": packed["ETag"]})
    assert again.status_code == 304


def test_a_page_costs_the_same_queries_whatever_the_session_holds(
    visitor: Client, django_assert_num_queries: Any
) -> None:
    share = long_share(300, "short")
    with django_assert_num_queries(5):
        visitor.get(f"/share/{share.pk}")
    with django_assert_num_queries(5):
        visitor.get(f"/share/{share.pk}?at=msg_0100")

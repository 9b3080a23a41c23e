"""The documents inside the console: all of them are there, their links lead somewhere, and a search finds passages."""

import re

import pytest
from django.test import Client

from opencode.web.docs.contents import SHELVES, every_entry
from opencode.web.docs.documents import document
from opencode.web.docs.markdown import rendered_markdown
from opencode.web.docs.search import FOUND_MAX, documents_search
from tests.cast import browser
from tests.support.server import ROOT

LINK = re.compile(r'href="([^"]+)"')
FILES = sorted(entry.address for entry in every_entry().values() if entry.file)
CLASSES = re.compile(r' style="| on[a-z]+="|<script|<img')


def anchors(html: str) -> set[str]:
    return set(re.findall(r' id="([^"]+)"', html))


def test_every_document_is_shown() -> None:
    shown = {entry.file for entry in every_entry().values()}
    written = {str(file.relative_to(ROOT)) for file in (ROOT / "docs").rglob("*.md")}
    assert written | {"README.md", "CHANGELOG.md", "CONTRIBUTING.md", "opencode_sync/README.md"} <= shown
    assert {f"docs/examples/{name}" for name in ("follow.mjs", "follow.py", "http.sh")} <= shown


@pytest.mark.django_db
def test_documents_answer_for_everybody() -> None:
    client = browser()
    some = [*(entry.address for shelf in SHELVES for entry in shelf.entries), "examples/follow.py"]
    statuses = {address: client.get(f"/docs/{address}").status_code for address in some}
    assert {address: status for address, status in statuses.items() if status != 200} == {}
    assert client.get("/docs").status_code == 200
    assert client.get("/api/v1/docs")["Location"] == "/docs/api"


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["nothing", "../manage.py", "examples/../../manage.py", "LICENSE", "operations.md"])
def test_only_documents_are_shown(address: str) -> None:
    assert browser().get(f"/docs/{address}").status_code == 404


@pytest.mark.django_db
def test_every_link_between_documents_leads_to_a_place_that_is_there(client: Client) -> None:
    made = {name: client.get(f"/docs/{name}").content.decode() for name in ("api", "errors")}
    html = {address: document(address).html for address in FILES} | made
    dead = []
    for address in FILES:
        for link in LINK.findall(html[address]):
            inside = link.removeprefix("/docs/") if link.startswith("/docs/") else link
            path, _, anchor = inside.partition("#")
            if link.startswith(("https://", "http://")):
                continue
            if (path or address) not in html or (anchor and anchor not in anchors(html[path or address])):
                dead.append((address, link))
    assert dead == []


def test_documents_hold_nothing_that_the_pages_policy_forbids() -> None:
    assert [address for address in FILES if CLASSES.search(document(address).html)] == []


def test_headings_have_anchors_and_an_outline_of_their_own() -> None:
    made = rendered_markdown("# One\n\n## Two words\n\n### Two words\n\n`a` ~ B!\n---\n", "docs/x.md", {})
    assert made.title == "One"
    assert [(each.level, each.anchor) for each in made.outline] == [(2, "two-words"), (3, "two-words-1"), (2, "a--b")]
    assert '<h3 id="two-words-1">' in made.html
    assert "<h1" not in made.html


def test_text_that_looks_like_markup_stays_text() -> None:
    made = rendered_markdown("a <script>x</script> [b](javascript:x)\n\n|n|\n|-:|\n|1|\n", "docs/x.md", {})
    assert "&lt;script&gt;" in made.html
    assert "javascript:" not in LINK.findall(made.html)
    assert '<td class="num">1</td>' in made.html


def test_links_lead_to_where_files_are_shown() -> None:
    made = rendered_markdown("[a](../b.md#c) [d](gone.md) [e](#f)", "docs/sub/x.md", {"docs/b.md": "bee"})
    assert LINK.findall(made.html) == ["/docs/bee#c", "#f"]


@pytest.mark.parametrize(
    ("words", "url"),
    [
        ("OPENCODE_LOST_MINUTES", "/docs/operations#settings"),
        ("not_found", "/docs/errors#not_found"),
        ("list sessions", "/docs/api#sessions_list"),
        ("unreleased", "/docs/changes#unreleased"),
    ],
)
def test_search_finds_settings_codes_operations_and_changes(words: str, url: str) -> None:
    assert url in [found.url for found in documents_search(words)]


def test_search_wants_every_word_and_puts_headings_first() -> None:
    found = documents_search("who pays")
    assert found[0].url == "/docs/billing#who-pays"
    assert "<mark>" in found[0].excerpt
    assert documents_search("pays zeppelin") == []


@pytest.mark.parametrize("text", ["", "   ", "e " * 10_000, "é" * 5_000])
def test_search_is_bounded(text: str) -> None:
    assert len(documents_search(text)) <= FOUND_MAX


@pytest.mark.django_db
def test_search_is_shown_as_it_was_typed(client: Client) -> None:
    page = client.get("/docs", {"q": "<b>x"}).content.decode()
    assert "&lt;b&gt;x" in page
    assert "<b>x" not in page

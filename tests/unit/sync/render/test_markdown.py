"""Markdown of people and models: useful, and harmless whatever it says."""

import pytest

from sync.render.markdown import MARKDOWN_CHARACTERS, render_markdown
from tests.unit.sync.transcript.entries import dangers, text_of

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt&#58;alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:msgbox(1))",
    "[x](//evil.example)",
    "![x](https://tracker.example/pixel.gif)",
    "![x](data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+)",
    '[x](https://a.example "\\"onmouseover=alert(1)")',
    "<svg/onload=alert(1)>",
    "<style>body{display:none}</style>",
    "```html\n<script>alert(1)</script>\n```",
    "```<script>alert(1)</script>\nx\n```",
    "`<script>alert(1)</script>`",
    "|a|\n|-|\n|<script>alert(1)</script>|",
    "# <iframe src=https://evil.example>",
    "<!--parts-->",
    "[ref]\n\n[ref]: javascript:alert(1)",
    "<javascript:alert(1)>",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_hostile_becomes_markup(text: str) -> None:
    html = render_markdown(text)
    assert dangers(html) == []
    assert "<!--" not in html
    assert "<img" not in html


def test_raw_html_is_shown_as_text() -> None:
    assert text_of(render_markdown("<script>alert(1)</script>")).strip() == "<script>alert(1)</script>"


def test_links_say_that_they_are_nobodys_recommendation() -> None:
    html = render_markdown("[docs](https://example.com/a)")
    assert 'href="https://example.com/a"' in html
    assert 'rel="noopener noreferrer nofollow ugc"' in html


def test_bare_addresses_become_links() -> None:
    assert '<a href="https://example.com/x"' in render_markdown("see https://example.com/x.")


@pytest.mark.parametrize("name", ["README.md", "main.rs", "setup.py", "run.sh", "example.com", "me@example.com"])
def test_file_names_and_hosts_do_not_become_links(name: str) -> None:
    assert "<a" not in render_markdown(f"look at {name} first")


def test_a_remote_picture_becomes_a_link_with_its_description() -> None:
    html = render_markdown("![the graph](https://example.com/graph.png)")
    assert '<a href="https://example.com/graph.png"' in html
    assert text_of(html).strip() == "the graph"


def test_fences_are_highlighted_in_their_language() -> None:
    html = render_markdown("```python\ndef f():\n    return 'x'\n```")
    assert '<pre class="listing" tabindex="0">' in html
    assert '<span class="tok-keyword">def</span>' in html
    assert "<span class=\"tok-string\">'x'</span>" in html


def test_table_cells_are_aligned_without_inline_style() -> None:
    html = render_markdown("|a|b|\n|-:|:-:|\n|1|2|")
    assert '<td class="align-right">1</td>' in html
    assert '<td class="align-center">2</td>' in html
    assert "style" not in html


def test_headings_stay_below_those_of_the_page() -> None:
    html = render_markdown("# one\n\n### two\n\n# three")
    assert html.count("<h4") == 2
    assert html.count("<h5") == 1


def test_each_outer_block_finds_its_own_direction() -> None:
    html = render_markdown("שלום\n\nhello\n\n- אחת\n  - one")
    assert html.count('<p dir="auto">') == 2
    assert html.count('<ul dir="auto">') == 1


def test_a_text_beyond_the_limit_is_shown_plain() -> None:
    html = render_markdown("**bold** <b>" + "x" * MARKDOWN_CHARACTERS)
    assert html.startswith('<div class="plain-text" dir="auto">**bold** &lt;b&gt;')


def test_many_headings_cost_no_more_than_their_number() -> None:
    html = render_markdown("# a\n" * 5_000)
    assert html.count("<h4") == 5_000

"""Everything that speaks does so in sentence case and plain English, and in no phrase that was given up.

Headings, buttons and column heads of pages and mails; refusals, notices, the words of acts, staff's choices, commands.
"""

import ast
import html
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import pytest

from opencode.lib.errors import every_denial
from tests.support.server import ROOT
from workspaces.auditactions import ACTIONS

TEMPLATES: Final = sorted(path for path in (ROOT / "templates").rglob("*") if path.suffix in (".html", ".txt"))
APPS: Final = ("accounts", "workspaces", "billing", "sync", "gateway", "steering", "opencode")
SOURCES: Final = sorted(
    path for app in APPS for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts
) + sorted((ROOT / "static" / "js").glob("*.js"))
# What stands at the head of something: headings, titles, subjects of mails, column heads, terms, buttons, menus, tabs.
BLOCK: Final = re.compile(r"\{% block (?:title|heading|head_title|subject) %\}(.*?)\{% endblock", re.DOTALL)
ELEMENT: Final = re.compile(r"<(h[1-6]|button|dt|legend|summary)\b[^>]*>(.*?)</\1>", re.DOTALL)
COLUMN: Final = re.compile(r'<th scope="col"[^>]*>(.*?)</th>', re.DOTALL)
LINK: Final = re.compile(r'<a\b[^>]*class="[^"]*(?:button|nav-link|menu-item|topbar-link)[^>]*>(.*?)</a>', re.DOTALL)
TABS: Final = re.compile(r'<nav class="(?:tabs|subnav)"[^>]*>(.*?)</nav>', re.DOTALL)
NAMED: Final = re.compile(r'(?<![-\w])(?:submit|label|what|person|first|further)="([^"{}]+)"')
ACTION: Final = re.compile(r'\{% (?:action \S+|fact) "([^"]+)"')
ANCHOR: Final = re.compile(r"<a\b[^>]*>(.*?)</a>", re.DOTALL)
BRANCH: Final = re.compile(r"\{% (?:if|elif|else)\b.*?%\}", re.DOTALL)
HIDDEN: Final = re.compile(r'<span class="(?:visually-hidden|badge[^"]*|faint[^"]*)">.*?</span>', re.DOTALL)
# Names of things, and words that are written so wherever they stand.
NAMES: Final = frozenset(
    {"API", "Actions", "GitHub", "CSV", "ID", "IP", "JSON", "Markdown", "UTC", "QR", "ZIP", "Celery", "Redis"}
)
GIVEN_UP: Final = (
    "own this console",
    "is it still you?",
    "let this agent in?",
    "the agent is in",
    "say no: whoever asks gets in as you",
    "There is nothing here, or you may not know of it",
    "Receipts of deleted sessions",
    "You see everybody's keys",
    'yesno:"Of,"',
    "<dt>Of</dt>",
    "never belongs into an address",
    "Whoever can show that this address is theirs",
    "pays, hands over and deletes too",
    'label="Who may read"',
    'label="Ends after"',
    '"No end"',
    "no end<",
    "no end{%",
    "get at their start, over what their own files say",
    "An empty text takes the configuration away.",
    "Another address takes both mailboxes",
    'submit="Ask both mailboxes"',
    ">Markdown</a>",
    ">JSON</a>",
    "Snapshot at {{",
    ">Keep it<",
    ">Stay<",
    "No, keep it out",
    "Days are UTC.",
    "get in no more,",
    "get in no more.",
    "Quote the request id",
    "changed first.",
    "as much as it may.",
    "as there may be.",
    "cannot be restored any more",
    "speaks WebSocket only",
    "take back the deletion",
    "took back the deletion",
    "handed the workspace over",
    "made a share token",
    "ended a share link",
    "let spending go on",
    "usage anew",
    "people in again",
    "Everybody and everything",
    "End the chosen links",
    "Somebody, hopefully you",
    "somebody who left",
    "Invite somebody",
    "’s name or address has",
    "No title has",
    "As of then",
    "Nothing was used in these days",
    "No agents connected",
)
# Comments and docstrings may say it in their own way; these are for whoever reads the code.
CODE_ONLY: Final = re.compile(r'""".*?"""|(?m:^\s*#.*$)|\{#.*?#\}', re.DOTALL)


def heads_of(source: str) -> Iterable[str]:
    """What a template puts at the head of something, one after the other, each branch of an `if` by itself."""
    found = [match[-1] for match in ELEMENT.findall(source)]
    found += BLOCK.findall(source) + COLUMN.findall(source) + LINK.findall(source)
    found += NAMED.findall(source) + ACTION.findall(source)
    found += [label for tabs in TABS.findall(source) for label in ANCHOR.findall(tabs)]
    for text in found:
        first, *rest = BRANCH.split(HIDDEN.sub("", text).partition("{% endif")[0])
        yield from [first] if plain(first) else rest


def plain(text: str) -> str:
    """The words themselves; values keep a place, so that what follows one is not taken for a beginning."""
    text = re.sub(r"\{\{.*?\}\}", "•", text, flags=re.DOTALL)
    text = re.sub(r"\{[%#].*?[%#]\}|<[^>]*>", " ", text, flags=re.DOTALL)
    return " ".join(html.unescape(text).split())


def begins_small(words: str) -> bool:
    return words[:1].islower()


def is_title_case(words: str) -> bool:
    """Whether a word after the first, of four letters or more, is capital without being a name."""
    later = re.findall(r"(?<![.:?!•“] )(?<!^)\b[A-Z][a-z]{3,}\b", words)
    return any(word not in NAMES for word in later)


HEADS: Final = sorted(
    {
        (str(path.relative_to(ROOT)), plain(head))
        for path in TEMPLATES
        for head in heads_of(path.read_text())
        if plain(head)
    }
)


def test_heads_are_found_in_every_room_of_the_pages() -> None:
    rooms = {Path(name).parts[1] for name, _words in HEADS}
    assert rooms >= {"account", "accounts", "allauth", "console", "mfa", "socialaccount", "sync", "workspaces"}
    assert len(HEADS) > 300


def test_heads_begin_with_a_capital() -> None:
    assert [head for head in HEADS if begins_small(head[1])] == []


def test_heads_are_in_sentence_case() -> None:
    assert [head for head in HEADS if is_title_case(head[1])] == []


@pytest.mark.parametrize("words", ["sign in", "new API key"])
def test_a_small_beginning_is_seen(words: str) -> None:
    assert [begins_small(plain(head)) for head in heads_of(f"<h1>{words}</h1>")] == [True]


@pytest.mark.parametrize("words", ["New Share Token", "Delete The Workspace"])
def test_title_case_is_seen(words: str) -> None:
    assert [is_title_case(plain(head)) for head in heads_of(f'<button type="submit">{words}</button>')] == [True]


@pytest.mark.parametrize("phrase", GIVEN_UP)
def test_no_page_mail_or_message_says_what_was_given_up(phrase: str) -> None:
    wanted = " ".join(phrase.split()).casefold()
    said = [
        str(path.relative_to(ROOT))
        for path in (*TEMPLATES, *SOURCES)
        if wanted in " ".join(CODE_ONLY.sub("", path.read_text()).split()).casefold()
    ]
    assert said == []


def calls(source: str, names: set[str]) -> Iterable[ast.Call]:
    """The calls of functions and methods with one of these names, in the order they stand in."""
    for node in ast.walk(ast.parse(source)):
        called = getattr(node, "func", None)
        if isinstance(node, ast.Call) and getattr(called, "attr", getattr(called, "id", "")) in names:
            yield node


def texts(node: ast.expr) -> Iterable[str]:
    """What an argument can be, with • for each value in it; nothing for what is only known when it runs."""
    if isinstance(node, ast.IfExp):
        yield from (*texts(node.body), *texts(node.orelse))
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "•" for part in node.values)


def said_by(names: set[str], position: int, sources: Iterable[Path]) -> list[str]:
    """The texts at that place of every such call."""
    return [
        text
        for path in sources
        for call in calls(path.read_text(), names)
        for argument in call.args[position : position + 1]
        for text in texts(argument)
    ]


PYTHON: Final = [path for path in SOURCES if path.suffix == ".py"]
COMMANDS: Final = [path for path in PYTHON if "management" in path.parts and path.name != "__init__.py"]
NOTICES: Final = said_by(
    {"success", "info", "warning", "error"}, 1, [path for path in PYTHON if {"views", "pages"} & set(path.parts)]
)
REFUSED: Final = said_by({"CommandError"}, 0, COMMANDS)
ACTS: Final = [*said_by({"StaffAct"}, 1, PYTHON), *said_by({"StaffAct"}, 2, PYTHON)]
ARGUMENTS: Final = [
    text
    for path in COMMANDS
    for call in calls(path.read_text(), {"add_argument"})
    for keyword in call.keywords
    if keyword.arg == "help"
    for text in texts(keyword.value)
]
PARAGRAPH: Final = re.compile(r"\{% (p|note) %\}(.*?)\{% end\1 %\}", re.DOTALL)
MAILS: Final = [
    plain(paragraph)
    for path in TEMPLATES
    if "{% load mail %}" in (source := path.read_text())
    for _kind, paragraph in PARAGRAPH.findall(source)
]
ANSWERS: Final = [plain(path.read_text()) for path in TEMPLATES if "messages" in path.parts and plain(path.read_text())]
HELPS: Final = [
    match[1].replace('\\"', '"')
    for path in COMMANDS
    for match in re.finditer(r'(?m)^    help = "(.*)"$', path.read_text())
]
SENTENCES: Final = [denial.default_message for denial in every_denial()]


def test_all_kinds_of_words_are_found() -> None:
    assert [len(kind) > 10 for kind in (NOTICES, REFUSED, ACTS, HELPS, SENTENCES, ACTIONS, MAILS, ANSWERS)] == [
        True
    ] * 8
    assert len(ARGUMENTS) > 90


@pytest.mark.parametrize("kind", ["NOTICES", "REFUSED", "ACTS", "HELPS", "SENTENCES", "ARGUMENTS", "MAILS", "ANSWERS"])
def test_what_is_said_begins_with_a_capital(kind: str) -> None:
    assert [words for words in globals()[kind] if begins_small(words)] == []


@pytest.mark.parametrize("kind", ["NOTICES", "HELPS", "SENTENCES", "MAILS", "ANSWERS"])
def test_a_sentence_ends_as_one(kind: str) -> None:
    assert [words for words in globals()[kind] if not words.endswith((".", "…", "•"))] == []


def test_the_help_of_an_argument_is_a_phrase() -> None:
    assert [words for words in ARGUMENTS if words.endswith(".")] == []


def test_no_page_or_mail_speaks_of_somebody() -> None:
    """Someone, or better who it is: a member, the person who asked."""
    said = [
        str(path.relative_to(ROOT))
        for path in TEMPLATES
        if re.search(r"\b(some|every|any)body\b", CODE_ONLY.sub("", path.read_text()), re.IGNORECASE)
    ]
    assert said == []


def test_the_words_of_acts_go_on_after_whoever_acted() -> None:
    """They stand after a name: alice created an API key."""
    assert [words for words in ACTIONS.values() if not begins_small(words) or words.endswith(".")] == []


def test_no_name_of_a_code_is_shown_instead_of_words() -> None:
    assert [
        words for words in (*NOTICES, *ACTIONS.values(), *SENTENCES) if re.search(r"\b[a-z]+_[a-z_]+\b", words)
    ] == [words for words in SENTENCES if "first_owner" in words]


@pytest.mark.parametrize("words", ['CommandError("no such thing")', 'CommandError(f"no {such}" if a else "No")'])
def test_a_small_refusal_is_seen(words: str) -> None:
    said = [text for call in calls(words, {"CommandError"}) for text in texts(call.args[0])]
    assert [text for text in said if begins_small(text)] == [said[0]]
